"""Domains, teams, people and words of the demo company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.actors import Actor, actor_of
from accounts.models import Domain, Membership, Team, User
from catalog.governance import services
from catalog.governance.data import TermData
from catalog.governance.models import Term
from portal.demo.company import TeamData, read, teams

COMPANY_TERMS = "company"  # in `terms.yaml`: those of no domain


@dataclass(frozen=True)
class Company:
    """The rows that everything else names, read once."""

    domains: Mapping[str, Domain]
    teams: Mapping[str, Team]
    users: Mapping[str, User]
    _actors: dict[str, Actor] = field(default_factory=dict)

    def actor(self, username: str) -> Actor:
        if username not in self._actors:
            self._actors[username] = actor_of(self.users[username])
        return self._actors[username]

    def owner(self, team: str) -> Actor:
        """The first owner of a team, as an actor."""
        members = teams()[team].members
        return self.actor(next(name for name, role in members.items() if role == "owner"))


def company() -> Company:
    """What is there now. Three statements."""
    return Company(
        {each.path: each for each in Domain.objects.select_related("owner")},
        {each.slug: each for each in Team.objects.select_related("domain")},
        {each.username: each for each in User.objects.filter(username__in=_people())},
    )


@transaction.atomic
def load_people() -> None:
    """Domains, teams, people and memberships. The password is the demo password of this portal."""
    domains = _put_domains()
    owners = {slug: _put_team(slug, data, domains) for slug, data in teams().items()}
    for path, (_, team, _) in read("organisation")["domains"].items():
        if domains[path].owner_id != owners[team].pk:
            Domain.objects.filter(path=path).update(owner=owners[team])
    users = _put_people()
    known = set(Membership.objects.values_list("user_id", "team_id"))
    Membership.objects.bulk_create(
        Membership(user=users[username], team=owners[slug], role=role)
        for slug, data in teams().items()
        for username, role in data.members.items()
        if (users[username].pk, owners[slug].pk) not in known
    )


def load_terms() -> None:
    """The glossary: words of the company, and of domains beside them; known ones stay."""
    here = company()
    known = set(Term.objects.values_list("domain__path", "name"))
    for place, terms in read("terms").items():
        domain = None if place == COMPANY_TERMS else here.domains[place]
        owner = domain.owner if domain and domain.owner else here.teams["governance"]
        for given in terms.values():
            if (domain and domain.path, given["name"]) not in known:
                data = TermData(
                    name=given["name"],
                    definition=given["definition"],
                    synonyms=given["synonyms"],
                    owner=owner,
                    domain=domain,
                )
                services.put_term(data=data, actor=here.owner(owner.slug))


def _people() -> dict[str, str]:
    found: dict[str, str] = read("organisation")["people"]
    return found


def _put_domains() -> dict[str, Domain]:
    found: dict[str, Domain] = {}
    organisation = read("organisation")
    for path, (name, _, purpose) in organisation["domains"].items():
        values = {
            "name": name,
            "purpose": purpose,
            "parent": found.get(path.rpartition(".")[0]),
            "field_schema": organisation["field_schemas"].get(path),
        }
        found[path], _ = Domain.objects.update_or_create(path=path, defaults=values)
    return found


def _put_team(slug: str, data: TeamData, domains: Mapping[str, Domain]) -> Team:
    values = {
        "name": data.name,
        "kind": data.kind,
        "domain": domains[data.domain],
        "contact": data.contact,
    }
    return Team.objects.update_or_create(slug=slug, defaults=values)[0]


def _put_people() -> Mapping[str, User]:
    known = {each.username: each for each in User.objects.filter(username__in=_people())}
    any_one = next(iter(known.values()), None)
    is_same = any_one is not None and any_one.check_password(settings.DEMO_PASSWORD)
    # one hash for all: it is one password, and hashing is made to be slow
    hashed = any_one.password if any_one and is_same else make_password(settings.DEMO_PASSWORD)
    rows = []
    for username, text in _people().items():
        user = known.get(username) or User(username=username)
        user.display_name, user.portal_role = text.split(", ")
        user.email = f"{username}@fernhaven.example"
        user.password = hashed
        rows.append(user)
    User.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["username"],
        update_fields=["display_name", "portal_role", "email", "password"],
    )
    return company().users
