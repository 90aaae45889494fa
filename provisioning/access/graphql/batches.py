"""Rows of grants and of what belongs to them. Passwords are never read here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F, Max

from accounts.actors import Actor
from core.graphql import first_of_each
from core.paging import number_in
from provisioning.access.models import Credential, Grant, GrantExtension
from provisioning.access.selectors import extensions_asked, stories_of, story_lines
from provisioning.requests.graphql.batches import REQUEST

CONSUMERS = {  # how the interfaces write a consumer: where its name stands
    "team": "consumer_team__slug",
    "user": "consumer_user__username",
    "product": "consumer_product__fqn",
}
GRANT = (
    "id",
    "state",
    "port_id",
    "request_id",
    "mode",
    "purpose",
    "legal_basis",
    "narrow",
    "identity",
    "starts_at",
    "until",
    "reminded_days",
    "ended_at",
    "ended_by",
    "end_reason",
    "removed_at",
    *CONSUMERS.values(),
)
EXTENSION = (
    *("id", "grant_id", "request_id", "before", "until", "state"),
    *("asked_at", "asked_by_id", "created_at", "settled_at"),
)
EXTENSION_ORDER = ("-id",)
STORY_ORDER = ("id",)

Rows = dict[Any, dict[str, Any]]
Lists = dict[Any, list[dict[str, Any]]]


def grants_by_id(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Grants that `actor` may see."""
    visible = Grant.objects.visible_to(actor).filter(pk__in=ids)
    return {row["id"]: row for row in visible.values(*GRANT)}


def use_by_grant(actor: Actor, ids: Collection[UUID]) -> Rows:
    """When any login of grants that were seen before was last seen connected."""
    logins = Credential.objects.filter(grant__in=ids).order_by().values("grant")
    return {row["grant"]: {**row} for row in logins.annotate(at=Max("last_seen_at"))}


def extensions_by_grant(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Agreed extensions of grants that were seen before, newest first."""
    asked = GrantExtension.objects.filter(grant__in=ids).annotate(
        asked_at=F("request__created_at"), asked_by_id=F("request__requester_id")
    )
    return first_of_each(
        asked,
        by="grant_id",
        order=EXTENSION_ORDER,
        columns=EXTENSION,
        first=first,
        after=after,
    )


def asked_by_grant(actor: Actor, ids: Collection[UUID]) -> Rows:
    """The request for more time that nobody has decided yet, where `actor` may see it."""
    rows = extensions_asked(ids, actor).values(*REQUEST, "subject__extends")
    return {UUID(row["subject__extends"]): row for row in rows}


def story_by_grant(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """What happened to grants that were seen before, oldest first."""
    seen = number_in(after)
    grants = Grant.objects.filter(pk__in=ids).only("id", "request_id", "instance_id")
    lines = {pk: story_lines(events) for pk, events in stories_of(grants, actor).items()}
    return {
        pk: [vars(each) for each in told if each.id > seen][: first + 1]
        for pk, told in lines.items()
    }
