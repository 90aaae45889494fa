"""Rows of operations and their steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from core.graphql import first_of_each
from provisioning.jobs.models import Operation, OperationLog, OperationStep

OPERATION = (
    "id",
    "kind",
    "title",
    "state",
    "actor_name",
    "team_id",
    "error_code",
    "error_text",
    "created_at",
    "started_at",
    "finished_at",
)
STEP = ("operation_id", "n", "direction", "name", "state", "summary", "started_at", "finished_at")
LOG = ("id", "operation_id", "at", "level", "source", "text", "state")
LOG_ORDER = ("id",)

Lists = dict[Any, list[dict[str, Any]]]


def operations_by_id(actor: Actor, ids: Collection[UUID]) -> dict[Any, dict[str, Any]]:
    """Operations that `actor` may see."""
    visible = Operation.objects.visible_to(actor).filter(pk__in=ids)
    return {row["id"]: row for row in visible.values(*OPERATION)}


def steps_by_operation(actor: Actor, ids: Collection[UUID]) -> Lists:
    """All steps in order; an operation has a few."""
    found: Lists = defaultdict(list)
    for row in OperationStep.objects.filter(operation__in=ids).order_by("n", "pk").values(*STEP):
        found[row["operation_id"]].append(row)
    return found


def log_by_operation(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Log lines, the oldest first."""
    lines = OperationLog.objects.filter(operation__in=ids)
    return first_of_each(
        lines, by="operation_id", order=LOG_ORDER, columns=LOG, first=first, after=after
    )
