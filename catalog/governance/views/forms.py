"""Form values of policies and terms: what was typed, as fields and as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.governance.policies import can_govern
from core.errors import DomainError, Invalid
from core.problems import Problem

MOST = 500  # teams or domains to choose from
COMPANY = "company"  # the choice that is no domain
Field = dict[str, Any]


def posted(data: Any, names: Sequence[str]) -> dict[str, str]:
    """The text of these form values, without the null characters that no column takes."""
    return {name: str(data.get(name, "")).replace("\0", "").strip() for name in names}


def domain_choices(actor: Actor) -> list[Field]:
    """The parts of the company for which `actor` may write."""
    domains = Domain.objects.all()
    if not actor.is_admin:
        domains = domains.filter(pk__in=actor.owned_domain_ids)
    found = [{"value": each.path, "label": f"{each.name} ({each.path})"} for each in domains[:MOST]]
    if can_govern(actor, None):
        return [{"value": COMPANY, "label": "The whole company"}, *found]
    return found


def team_choices(actor: Actor, current: Team | None = None) -> list[Field]:
    """The actor's teams first; those who govern for the company may name any."""
    teams = Team.objects.all()
    if not can_govern(actor, None):
        own = {*actor.team_ids, *([current.pk] if current else [])}
        teams = teams.filter(pk__in=own)
    ordered = sorted(teams[:MOST], key=lambda team: (team.pk not in actor.team_ids, team.name))
    return [{"value": each.slug, "label": each.name} for each in ordered]


def chosen_domain(actor: Actor, value: str) -> Domain | None:
    """The domain of a form's choice, None for the company.

    Raises:
        Invalid: there is none of that path.
    """
    if value in {"", COMPANY}:
        return None
    domain = Domain.objects.filter(path=value).first()
    if domain is None:
        raise Invalid(
            "There is no such domain.",
            [Problem("/domain", "unknown-domain", "Choose a domain from the list.")],
        )
    return domain


def chosen_team(value: str) -> Team:
    """Raises: Invalid: there is no team of that slug."""
    team = Team.objects.filter(slug=value).first()
    if team is None:
        raise Invalid(
            "There is no such team.",
            [Problem("/owner", "unknown-team", "Choose a team from the list.")],
        )
    return team


def chosen_day(value: str) -> dt.date | None:
    """Raises: Invalid: it is no date."""
    if not value:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise Invalid(
            "That is no date.",
            [Problem("/grace_until", "not-a-date", "Write the date as 2027-01-31.")],
        ) from None


def problems_of(error: DomainError) -> list[Problem]:
    """What to show above a form that was refused."""
    found = list(error.problems) if isinstance(error, Invalid) else []
    return found or [Problem("", error.code, str(error))]


def with_errors(fields: Sequence[Field], problems: Sequence[Problem]) -> list[Field]:
    """The fields, each with the first problem that points to it."""
    messages: dict[str, str] = {}
    for problem in problems:
        messages.setdefault(problem.pointer.strip("/"), problem.message)
    return [{**each, "error": messages.get(each["name"], "")} for each in fields]


def mend_list(fields: Sequence[Field], problems: Sequence[Problem]) -> list[Mapping[str, str]]:
    """The context of `parts/_mend.html`."""
    labels = {each["name"]: each["label"] for each in fields}
    return [
        {
            "id": name if (name := problem.pointer.strip("/")) in labels else "",
            "label": labels.get(name, ""),
            "message": problem.message,
        }
        for problem in problems
    ]
