"""Rows of teams, domains and people by id."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from accounts.actors import Actor
from accounts.models import Domain, Membership, Team, User
from core.graphql import first_of_each
from core.reading import rows_among
from core.subqueries import among

TEAM = ("id", "slug", "name", "kind", "contact", "domain_id", "parent_id")
DOMAIN = ("id", "path", "name", "purpose", "parent_id", "owner_id", "field_schema")
PERSON = ("id", "username", "display_name")
TOKEN = (
    *("id", "name", "prefix", "scopes", "team_id"),
    *("created_at", "expires_at", "last_used_at", "revoked_at"),
)
MEMBER = ("id", "team_id", "user_id", "role", "user__username")
MEMBER_ORDER = ("user__username",)
PATH_ORDER = ("path",)
SLUG_ORDER = ("slug",)

Lists = dict[Any, list[dict[str, Any]]]
Rows = dict[Any, dict[str, Any]]


def teams_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Teams are known to everybody who is logged in."""
    return {row["id"]: row for row in rows_among(Team, TEAM, ids)}


def domains_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Domains are known to everybody who is logged in."""
    return {
        row["id"]: row for row in Domain.objects.filter(among("pk", ids, "bigint")).values(*DOMAIN)
    }


def people_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Names of people; nothing else about them."""
    return {row["id"]: row for row in rows_among(User, PERSON, ids)}


def members_by_team(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """People of each team, by user name."""
    rows = Membership.objects.filter(among("team_id", ids, "bigint"))
    return first_of_each(
        rows, by="team_id", order=MEMBER_ORDER, columns=MEMBER, first=first, after=after
    )


def teams_by_domain(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """Teams in each domain."""
    rows = Team.objects.filter(among("domain_id", ids, "bigint"))
    return first_of_each(
        rows, by="domain_id", order=SLUG_ORDER, columns=TEAM, first=first, after=after
    )


def domains_by_parent(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """Domains directly below each domain."""
    return _domains("parent_id", ids, first, after)


def domains_by_owner(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """Domains that each team answers for."""
    return _domains("owner_id", ids, first, after)


def _domains(by: str, ids: Collection[int], first: int, after: str | None) -> Lists:
    rows = Domain.objects.filter(among(by, ids, "bigint"))
    return first_of_each(rows, by=by, order=PATH_ORDER, columns=DOMAIN, first=first, after=after)
