"""Waiting without a lease: after a failure, and for a target that goes on by itself."""

from __future__ import annotations

import datetime as dt

from django.db.models.functions import Coalesce, Least, Now

from core.clock import db_now
from core.retrying import backoff
from provisioning.drivers.protocol import Pending
from provisioning.jobs.models import Operation, OperationStep
from provisioning.jobs.services.moves import NO_LEASE, UNNOTICED, clean, move, note
from provisioning.jobs.states import ALARM_AT, OperationState, StepDirection

POLL_S = (0.2, 300.0)  # whatever the target asks for


def rest(
    operation: Operation, step: OperationStep | None, attempt: int, text: str, at_least_s: float
) -> None:
    """After a failure: release the lease until it is time to try again."""
    wait_s = max(backoff(attempt).total_seconds(), min(at_least_s, 60))
    undoes = operation.state == OperationState.COMPENSATING
    alarmed = undoes and attempt >= ALARM_AT
    where = f"{step.name}: " if step else ""
    note(operation, f"{where}{text}", level="error" if alarmed else "warning")
    move(
        operation,
        OperationState.COMPENSATING if undoes else OperationState.RETRY_WAIT,
        f"attempt {attempt}; next try in {wait_s:.1f} s"
        + (", needs an operator" if alarmed else ""),
        attempt=attempt,
        run_after=Now() + dt.timedelta(seconds=wait_s),
        error_text=operation.error_text if undoes else text[:2000],
        **NO_LEASE,
        **UNNOTICED,
    )


def rest_pending(operation: Operation, step: OperationStep, pending: Pending) -> None:
    """Release the lease until the target is to be asked again; an answer ends a row of failures."""
    text = clean(str(pending))
    if text != step.summary:
        note(operation, f"{step.name}: {text}", source=step.driver)
    keep_progress(step, pending)
    wait_s = min(max(pending.retry_after_s, POLL_S[0]), POLL_S[1])
    undoes = operation.state == OperationState.COMPENSATING
    due = Now() + dt.timedelta(seconds=wait_s)
    move(
        operation,
        OperationState.COMPENSATING if undoes else OperationState.RETRY_WAIT,
        f"the target goes on by itself; next look in {wait_s:.1f} s",
        attempt=0,
        run_after=due if undoes else Least(due, operation.deadline_at),
        error_text=operation.error_text if undoes else "",
        **NO_LEASE,
        **UNNOTICED,
    )


def keep_progress(step: OperationStep, pending: Pending) -> None:
    """What the next call of this step is told."""
    OperationStep.objects.filter(pk=step.pk).update(
        progress=dict(pending.progress),
        summary=clean(str(pending)),
        pending_since=Coalesce("pending_since", Now()),
    )


def is_overdue(operation: Operation, step: OperationStep) -> bool:
    """An undoing has no deadline that ends it; past the operation's span it calls for people."""
    if step.direction == StepDirection.FORWARD or step.pending_since is None:
        return False
    span = operation.deadline_at - operation.created_at
    return step.pending_since + span <= db_now()
