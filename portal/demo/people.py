"""Domains, teams, people and words of the demo company."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.actors import Actor, actor_of
from accounts.models import Domain, Membership, Team, User
from catalog.governance.models import Term
from catalog.search.services import record_synonyms
from portal.demo.company import read, teams
from portal.places import reindex_places

COMPANY_TERMS = "company"  # in `terms.yaml`: those of no domain


@transaction.atomic
def load_people() -> None:
    """Domains, teams, people and memberships. The password is the demo password of this portal."""
    organisation = read("organisation")
    for path, (name, _, purpose) in organisation["domains"].items():
        parent = Domain.objects.filter(path=path.rpartition(".")[0]).first()
        schema = organisation["field_schemas"].get(path)
        Domain.objects.update_or_create(
            path=path,
            defaults={
                "name": name,
                "purpose": purpose,
                "parent": parent,
                "field_schema": schema,
            },
        )
    for slug, data in teams().items():
        Team.objects.update_or_create(
            slug=slug,
            defaults={
                "name": data.name,
                "kind": data.kind,
                "domain": Domain.objects.get(path=data.domain),
                "contact": data.contact,
            },
        )
    for path, (_, team, _) in organisation["domains"].items():
        Domain.objects.filter(path=path).update(owner=Team.objects.get(slug=team))
    _people()
    reindex_places()


def _people() -> None:
    people = read("organisation")["people"]
    known = User.objects.filter(username__in=people).order_by("pk").first()
    password = known.password if known and known.check_password(settings.DEMO_PASSWORD) else None
    for username, text in people.items():
        name, role = text.split(", ")
        User.objects.update_or_create(
            username=username,
            defaults={
                "display_name": name,
                "portal_role": role,
                "email": f"{username}@fernhaven.example",
                # one hash for all: it is one password, and hashing is made to be slow
                "password": password or _hashed_once(),
            },
        )
    users = {each.username: each for each in User.objects.filter(username__in=people)}
    for slug, data in teams().items():
        for username, team_role in data.members.items():
            Membership.objects.update_or_create(
                user=users[username],
                team=Team.objects.get(slug=slug),
                defaults={"role": team_role},
            )


@cache
def _hashed_once() -> str:
    return make_password(settings.DEMO_PASSWORD)


@transaction.atomic
def load_terms() -> None:
    """The glossary: words of the company, and of domains beside them."""
    governance = Team.objects.get(slug="governance")
    domains = {each.path: each for each in Domain.objects.select_related("owner")}
    for place, terms in read("terms").items():
        domain = None if place == COMPANY_TERMS else domains[place]
        owner = governance if domain is None or domain.owner is None else domain.owner
        for slug, given in terms.items():
            Term.objects.update_or_create(
                slug=slug,
                domain=domain,
                defaults={
                    "name": given["name"],
                    "definition": given["definition"],
                    "synonyms": given["synonyms"],
                    "owner": owner,
                },
            )
            names = [given["name"], *given["synonyms"]]
            record_synonyms(source=f"term:{place}:{slug}", names=names)


def owner_of(team: str) -> Actor:
    """The first owner of a demo team, as an actor."""
    members = teams()[team].members
    username = next(name for name, role in members.items() if role == "owner")
    return actor_of(User.objects.get(username=username))
