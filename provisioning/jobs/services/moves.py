"""Transitions: a guarded UPDATE and its log line, in one transaction."""

from __future__ import annotations

import re
from typing import Any

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


@transaction.atomic
def finish(operation: Operation, to: OperationState, text: str) -> None:
    """Enter a terminal state and tell everybody who follows the operation."""
    move(operation, to, text, finished_at=Now(), **NO_LEASE)
    if to == OperationState.SUCCEEDED:
        _observe_success(operation)
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


def _observe_success(operation: Operation) -> None:
    """The instance is now as its generation asked; a removal has left nothing."""
    if operation.instance_id is None:
        return
    removed = OperationKind(operation.kind) in REMOVALS
    Instance.objects.filter(pk=operation.instance_id).update(
        observed_generation=F("generation"), observed_state="absent" if removed else "present"
    )
    if removed:
        Effect.objects.filter(instance=operation.instance_id, removed_at=None).update(
            removed_at=Now()
        )
