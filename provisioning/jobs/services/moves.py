"""Transitions: a guarded UPDATE and its log line, in one transaction."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from core import audit, outbox
from core.errors import InvalidTransition
from core.logs import REDACTED, SECRET_TEXT
from provisioning.jobs import extensions
from provisioning.jobs.models import Effect, Instance, Operation, OperationLog
from provisioning.jobs.states import REMOVALS, SOURCES, OperationKind, OperationState

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|\r?\n")
LEVELS = {OperationState.COMPENSATING: "warning", OperationState.FAILED: "error"}
LOOK_EVERY = dt.timedelta(minutes=10)
LOOK_SOON = dt.timedelta(minutes=1)
NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None}
UNNOTICED: dict[str, Any] = {"nudged_at": None, "nudges": 0}


def note(
    operation: Operation,
    text: str,
    *,
    level: str = "info",
    source: str = "job",
    state: str = "",
) -> None:
    """Append a line to the operation's log; secrets and control characters do not get in."""
    OperationLog.objects.create(
        operation=operation,
        level=level,
        source=source[:40],
        text=clean(text),
        state=state,
        fence=operation.fence,
    )


def clean(text: str) -> str:
    """`text` as one log line without tokens or passwords."""
    return CONTROL.sub(" ", SECRET_TEXT.sub(REDACTED, text))[:2000]


def move(operation: Operation, to: OperationState, text: str, **changes: Any) -> None:
    """Change the state if it may be entered from the present one; the loser of a race is told.

    Raises:
        InvalidTransition: the operation is in a state from which `to` cannot be entered.
    """
    moved = Operation.objects.filter(
        pk=operation.pk, state__in=SOURCES[to], fence=operation.fence
    ).update(state=to, **changes)
    if not moved:
        raise InvalidTransition(
            f"The job cannot become “{to.label.lower()}” any more.", operation=str(operation.pk)
        )
    operation.refresh_from_db()
    level = LEVELS.get(to, "info")
    note(operation, text, level=level, state=to)


@transaction.atomic(savepoint=False)
def finish(operation: Operation, to: OperationState, text: str) -> None:
    """Enter a terminal state and tell everybody who follows the operation."""
    move(operation, to, text, finished_at=Now(), **NO_LEASE)
    if operation.instance_id is not None:
        _observe(operation, operation.instance_id, succeeded=to == OperationState.SUCCEEDED)
    audit.record(
        actor=audit.SYSTEM,
        verb=f"operation.{to}",
        kind="operation",
        object_id=operation.pk,
        fence=operation.fence,
        error=operation.error_code,
    )
    outbox.emit(
        "operation.finished",
        key=operation.pk,
        operation_id=str(operation.pk),
        instance_id=str(operation.instance_id) if operation.instance_id else None,
        kind=operation.kind,
        state=str(to),
    )
    extensions.tell_finished(operation)


def _observe(operation: Operation, instance_id: UUID, *, succeeded: bool) -> None:
    """After a success the instance is as its generation asked, and a removal has left nothing; the
    target is looked at again, soon when something was taken away.
    """
    removed = OperationKind(operation.kind) in REMOVALS
    changes: dict[str, Any] = {
        "reconcile_at": Now() + (LOOK_SOON if removed else LOOK_EVERY),
        "looks": 0,
        "drift": [],
    }
    if succeeded:
        changes["observed_generation"] = F("generation")
        changes["observed_state"] = "absent" if removed else "present"
    Instance.objects.filter(pk=instance_id).update(**changes)
    if removed and succeeded:
        Effect.objects.filter(instance=instance_id, removed_at=None).update(removed_at=Now())
