"""Where documents belong: the domain and the team they name, or the given ones."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.actors import Actor
from accounts.models import Domain, Team
from core.problems import Problem


class Places:
    """Domains and teams by what documents say. Two SQL statements for any number of them."""

    def __init__(
        self,
        named: Iterable[tuple[str, str]],
        *,
        actor: Actor,
        domain: str | None,
        team: str | None,
    ) -> None:
        """`named`: (domain, team) of each document, "" where it says nothing."""
        domains, teams = {domain or ""}, {team or ""}
        for domain_name, team_name in named:
            domains.add(domain_name)
            teams.add(team_name)
        self._domains = {each.path: each for each in Domain.objects.filter(path__in=domains)}
        self._teams = _teams(teams, actor)
        self._default_domain, self._default_team = domain or "", team or ""
        only = sorted(actor.contributor_team_ids)
        self._only_team = self._teams.get(str(only[0])) if len(only) == 1 else None

    def domain(self, named: str) -> Domain | Problem:
        """A known path in the document, else the given one."""
        found = self._domains.get(named) or self._domains.get(self._default_domain)
        if found is not None:
            return found
        wanted = named or self._default_domain
        if not wanted:
            return Problem("/domain", "domain-missing", "Name the domain the document belongs to.")
        return Problem("/domain", "unknown-domain", f"There is no domain {wanted[:200]}.")

    def team(self, named: str) -> Team | Problem:
        """A known name in the document, else the given team, else the caller's only one."""
        found = self._teams.get(_key(named)) if named else None
        found = found or self._teams.get(_key(self._default_team))
        if found is None and self._default_team:
            message = f"There is no team {self._default_team[:200]}."
            return Problem("/team", "unknown-team", message)
        found = found or self._only_team
        if found is not None:
            return found
        message = "Say which team owns this: a known `team.name`, or the option `team`."
        return Problem("/team", "owner-missing", message)


def _teams(names: Iterable[str], actor: Actor) -> dict[str, Team]:
    """By slug and by name (capitals do not count), and the actor's own by id."""
    wanted = {_key(name) for name in names if name}
    found: dict[str, Team] = {}
    for team in Team.objects.all():
        for key in (_key(team.name), team.slug):
            if key in wanted:
                found[key] = team
        if team.pk in actor.contributor_team_ids:
            found[str(team.pk)] = team
    return found


def _key(name: str) -> str:
    return name.strip().casefold()
