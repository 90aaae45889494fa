"""Rows of requests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from provisioning.requests.models import Approval, Request

REQUEST = (
    "id",
    "number",
    "kind",
    "title",
    "state",
    "requester_id",
    "team_id",
    "purpose",
    "reason",
    "operation_id",
    "created_at",
    "decided_at",
    "finished_at",
)
APPROVAL = (
    *("request_id", "round", "stage", "team_id", "role", "quorum", "state"),
    *("due_at", "escalated_at"),
)


def requests_by_id(actor: Actor, ids: Collection[UUID]) -> dict[Any, dict[str, Any]]:
    """Requests that `actor` may see."""
    visible = Request.objects.visible_to(actor).filter(pk__in=ids)
    return {row["id"]: row for row in visible.values(*REQUEST)}


def approvals_of(actor: Actor, ids: Collection[UUID]) -> dict[Any, list[dict[str, Any]]]:
    """The sides of each request, in turn."""
    found: dict[Any, list[dict[str, Any]]] = {pk: [] for pk in ids}
    for row in Approval.objects.filter(request__in=ids).values(*APPROVAL):
        found[row["request_id"]].append(row)
    return found
