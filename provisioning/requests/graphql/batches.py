"""Rows of requests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from provisioning.requests.models import Request

REQUEST = (
    "id",
    "number",
    "kind",
    "title",
    "state",
    "requester_id",
    "team_id",
    "decider_id",
    "purpose",
    "reason",
    "operation_id",
    "created_at",
    "due_at",
    "decided_at",
    "finished_at",
)


def requests_by_id(actor: Actor, ids: Collection[UUID]) -> dict[Any, dict[str, Any]]:
    """Requests that `actor` may see."""
    visible = Request.objects.visible_to(actor).filter(pk__in=ids)
    return {row["id"]: row for row in visible.values(*REQUEST)}
