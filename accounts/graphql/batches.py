"""Rows of teams, domains and people by id."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from accounts.actors import Actor
from accounts.models import Domain, Team, User
from core.subqueries import among

TEAM = ("id", "slug", "name", "kind", "contact", "domain_id")
DOMAIN = ("id", "path", "name", "purpose", "parent_id", "owner_id")
PERSON = ("id", "username", "display_name")

Rows = dict[Any, dict[str, Any]]


def teams_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Teams are known to everybody who is logged in."""
    rows = Team.objects.filter(among("pk", ids, "bigint"))
    return {row["id"]: row for row in rows.values(*TEAM)}


def domains_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Domains are known to everybody who is logged in."""
    return {
        row["id"]: row for row in Domain.objects.filter(among("pk", ids, "bigint")).values(*DOMAIN)
    }


def people_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Names of people; nothing else about them."""
    return {
        row["id"]: row for row in User.objects.filter(among("pk", ids, "bigint")).values(*PERSON)
    }
