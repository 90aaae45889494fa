"""Running a claimed operation step by step (RELIABILITY §2, §3)."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from core.errors import DomainError
from provisioning.drivers.protocol import Pending, PermanentError, StaleFence, TemporaryError
from provisioning.jobs.models import Operation, OperationStep
from provisioning.jobs.services import resting, undoing
from provisioning.jobs.services.leases import Heartbeat, Lease, LeaseLost
from provisioning.jobs.services.moves import finish, move
from provisioning.jobs.services.stepping import DONE, do_step, reason_to_stop, undo_step
from provisioning.jobs.states import (
    MAX_ATTEMPTS,
    OperationState,
    StepDirection,
    StepState,
)

Stop = Callable[[], bool]
log = structlog.get_logger(__name__)


def run(lease: Lease, *, should_stop: Stop = lambda: False) -> None:
    """Run until the operation ends, waits to try again, or `should_stop` says so at a border.

    Returns quietly when the lease is lost or the target has seen a newer worker.
    """
    with Heartbeat(lease) as heartbeat:
        try:
            while _advance(lease, should_stop):
                heartbeat.at_border()
        except (LeaseLost, StaleFence) as error:
            log.info("job.left", operation=str(lease.operation_id), why=type(error).__name__)


def _advance(lease: Lease, should_stop: Stop) -> bool:
    """One step, or one transition at a border; False when there is no more to do now."""
    with lease.held() as operation:
        step = _next_step(operation)
    if should_stop():
        lease.release()
        return False
    try:
        if operation.state == OperationState.COMPENSATING:
            return _undo_next(lease, step)
        return _do_next(lease, operation, step)
    except (LeaseLost, StaleFence):
        raise
    except (OperationalError, InterfaceError) as error:
        connection.close()  # when the ledger itself is away, `_wait` says so and the lease runs out
        return _wait(lease, step, f"The database broke off: {type(error).__name__}.")
    except Pending as error:
        return _await_target(lease, step, error)
    except TemporaryError as error:
        return _wait(lease, step, str(error), at_least_s=error.retry_after_s)
    except (PermanentError, DomainError) as error:
        return _give_up(lease, step, "step-failed", str(error))
    except Exception as error:
        log.exception("job.step-broke", operation=str(lease.operation_id))
        return _wait(lease, step, f"The step broke off: {type(error).__name__}.")


def _next_step(operation: Operation) -> OperationStep | None:
    if operation.state == OperationState.COMPENSATING:
        return undoing.next_step(operation)
    steps = operation.steps.filter(direction=StepDirection.FORWARD)
    return steps.filter(n=operation.step).first()


def _do_next(lease: Lease, operation: Operation, step: OperationStep | None) -> bool:
    reason = reason_to_stop(operation)
    if reason is not None:
        return _begin_undoing(lease, *reason)
    if step is not None:
        return do_step(lease, operation, step)
    with lease.held() as held:
        finish(held, OperationState.SUCCEEDED, DONE)
    return False


def _undo_next(lease: Lease, step: OperationStep | None) -> bool:
    if step is not None:
        undo_step(lease, step)
        return True
    with lease.held() as operation:
        if operation.error_code == "cancelled":
            finish(operation, OperationState.CANCELLED, "cancelled")
        else:
            finish(operation, OperationState.FAILED, f"failed: {operation.error_text}")
    return False


def _give_up(lease: Lease, step: OperationStep | None, code: str, text: str) -> bool:
    """A permanent error: forwards, undo; while undoing, there is no way but to try again."""
    with lease.held() as operation:
        undoes = operation.state == OperationState.COMPENSATING
        if not undoes and step is not None:
            _mark_failed(step, text)
    if undoes:
        return _wait(lease, step, text)
    return _begin_undoing(lease, code, text)


def _begin_undoing(lease: Lease, code: str, text: str) -> bool:
    with lease.held() as operation:
        undoing.prepare(operation)
        move(
            operation,
            OperationState.COMPENSATING,
            text,
            error_code=code,
            error_text=text[:2000],
            attempt=0,
        )
    return True


def _wait(lease: Lease, step: OperationStep | None, text: str, *, at_least_s: float = 0) -> bool:
    """Let the operation rest for a while; after the last attempt, undo."""
    with lease.held() as operation:
        attempt = operation.attempt + 1
        undoes = operation.state == OperationState.COMPENSATING
        if undoes or attempt < MAX_ATTEMPTS:
            resting.rest(operation, step, attempt, text, at_least_s)
            return False
        if step is not None:
            _mark_failed(step, text)
    return _begin_undoing(lease, "gave-up", f"{text} It was tried {attempt} times.")


def _await_target(lease: Lease, step: OperationStep | None, pending: Pending) -> bool:
    """The target goes on by itself; an undoing that takes longer than it may counts as failed."""
    assert step is not None  # only a driver says so
    with lease.held() as operation:
        if not resting.is_overdue(operation, step):
            resting.rest_pending(operation, step, pending)
            return False
        resting.keep_progress(step, pending)
    return _wait(lease, step, f"{pending} It takes longer than it may.")


def _mark_failed(step: OperationStep, text: str) -> None:
    OperationStep.objects.filter(pk=step.pk).update(
        state=StepState.FAILED, summary=text[:2000], finished_at=Now()
    )
