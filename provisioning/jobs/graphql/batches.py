"""Rows of operations and their steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from core.graphql import first_of_each
from core.subqueries import among
from provisioning.jobs.models import Effect, Instance, Operation, OperationLog, OperationStep

OPERATION = (
    *("id", "kind", "title", "state", "actor_name", "team_id", "instance_id", "attempt"),
    *("cancel_requested_at", "error_code", "error_text", "result"),
    *("created_at", "started_at", "finished_at"),
)
RESOURCE = (
    *("id", "kind", "name", "plan", "owner_id", "domain_id", "observed_state", "drift"),
    *("created_at", "looked_at"),
)
EFFECT = ("id", "instance_id", "driver", "kind", "name", "made_at")
EFFECT_ORDER = ("id",)
NEWEST = ("-created_at", "id")
STEP = ("operation_id", "n", "direction", "name", "state", "summary", "started_at", "finished_at")
LOG = ("id", "operation_id", "at", "level", "source", "text", "state")
LOG_ORDER = ("id",)

Lists = dict[Any, list[dict[str, Any]]]


def operations_by_id(actor: Actor, ids: Collection[UUID]) -> dict[Any, dict[str, Any]]:
    """Operations that `actor` may see."""
    visible = Operation.objects.visible_to(actor).filter(among("pk", ids))
    return {row["id"]: row for row in visible.values(*OPERATION)}


def steps_by_operation(actor: Actor, ids: Collection[UUID]) -> Lists:
    """All steps in order; an operation has a few."""
    found: Lists = defaultdict(list)
    steps = OperationStep.objects.filter(among("operation_id", ids))
    for row in steps.order_by("n", "pk").values(*STEP):
        found[row["operation_id"]].append(row)
    return found


def log_by_operation(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Log lines, the oldest first."""
    lines = OperationLog.objects.filter(among("operation_id", ids))
    return first_of_each(
        lines, by="operation_id", order=LOG_ORDER, columns=LOG, first=first, after=after
    )


def resources_by_id(actor: Actor, ids: Collection[UUID]) -> dict[Any, dict[str, Any]]:
    """What exists in targets and `actor` may see."""
    visible = Instance.objects.visible_to(actor).filter(among("pk", ids))
    return {row["id"]: row for row in visible.values(*RESOURCE)}


def effects_by_resource(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """What is there of each resource that was seen before."""
    rows = Effect.objects.filter(among("instance_id", ids), removed_at=None)
    return first_of_each(
        rows, by="instance_id", order=EFFECT_ORDER, columns=EFFECT, first=first, after=after
    )


def operations_by_resource(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Jobs on each resource that `actor` may see, the newest first."""
    rows = Operation.objects.visible_to(actor).filter(among("instance_id", ids))
    return first_of_each(
        rows, by="instance_id", order=NEWEST, columns=OPERATION, first=first, after=after
    )
