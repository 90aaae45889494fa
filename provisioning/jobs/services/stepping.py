"""One step: intent, call, record, look again (RELIABILITY §1, write-ahead)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from core.clock import db_now
from provisioning.drivers import registry
from provisioning.drivers.protocol import Driver, Observed, Step, TemporaryError
from provisioning.jobs import extensions
from provisioning.jobs.models import Effect, Operation, OperationStep
from provisioning.jobs.services.acceptance import MEASURE
from provisioning.jobs.services.leases import Lease, LeaseLost
from provisioning.jobs.services.moves import clean, finish, note
from provisioning.jobs.states import (
    REMOVALS,
    OperationKind,
    OperationState,
    StepDirection,
    StepState,
)

DONE = "done"
LONGEST_FACT = 1000  # characters
MAX_CRASHES = 3  # of workers, before the operation itself is suspected

LOG_LINE = """
INSERT INTO jobs_operationlog (operation_id, level, source, text, state, fence)
SELECT id, %s, %s, %s, '', fence FROM jobs_operation
WHERE id = %s AND lease_owner = %s AND fence = %s
"""


def reason_to_stop(operation: Operation) -> tuple[str, str] | None:
    """What speaks against going on: error code and text."""
    if operation.cancel_requested_at is not None:
        return "cancelled", f"Cancelled by {operation.cancel_requested_by}."
    if operation.crashes >= MAX_CRASHES:
        return "crashed", f"The worker died {operation.crashes} times while doing this."
    if operation.deadline_at <= db_now():
        return "deadline", "It was not done in the time it may take."
    return None


def do_step(lease: Lease, operation: Operation, step: OperationStep) -> bool:
    """Do one step forwards; afterwards it is verified, and the next one is due or all is done.

    Returns False when the operation has succeeded with it.

    Raises:
        DriverError: the target could not do it.
        LeaseLost: the operation is not ours any more.
    """
    driver = registry.get_driver(step.driver)
    if operation.kind == OperationKind.CHECK:
        return _measure(lease, driver, step)
    if operation.kind in REMOVALS or operation.spec["steps"][step.n].get("absent"):
        return _remove(lease, driver, step)
    return _ensure(lease, driver, step)


def undo_step(lease: Lease, step: OperationStep) -> None:
    """Do one step backwards; afterwards the target has been seen without it."""
    _remove(lease, registry.get_driver(step.driver), step)


def _ensure(lease: Lease, driver: Driver, step: OperationStep) -> bool:
    call = _call(lease, step)
    if step.state == StepState.APPLIED and driver.observe(call).exists:
        with lease.held() as operation:
            return _verified(operation, step, "")
    registry.check_spec(driver, step.action, step.spec)
    _intend(lease, step)
    observed = driver.ensure(call, effect_key=step.effect_key, fence=lease.fence)
    _record(lease, step, observed)
    if not driver.observe(call).exists:
        raise TemporaryError("The target does not show what was just made there.")
    with lease.held() as operation:
        return _verified(operation, step, observed.summary)


def _remove(lease: Lease, driver: Driver, step: OperationStep) -> bool:
    _intend(lease, step)
    observed = driver.ensure_absent(
        _call(lease, step), effect_key=step.effect_key, fence=lease.fence
    )
    if observed.exists:
        raise TemporaryError("The target still shows what was just taken away.")
    with lease.held() as operation:
        _forget_effects(operation, step)
        return _verified(operation, step, observed.summary)


def _measure(lease: Lease, driver: Driver, step: OperationStep) -> bool:
    _intend(lease, step)
    order = step.spec
    about = UUID(order["instance_id"]), order["measure"]
    call = Step(MEASURE, *about, _logger(lease), step.progress)
    measurement = driver.measure(call)
    with lease.held() as operation:
        for source in extensions.check_sources():
            if type(source).__name__ == order["source"]:
                source.measured(operation, order["subject"], measurement)
        return _verified(operation, step, f"{len(measurement.results)} checks")


def _call(lease: Lease, step: OperationStep) -> Step:
    instance_id = step.operation.instance_id
    assert instance_id is not None  # only checks lack one
    return Step(step.action, instance_id, step.spec, _logger(lease), step.progress)


def _intend(lease: Lease, step: OperationStep) -> None:
    with lease.held() as operation:
        if operation.attempt == 0 and step.pending_since is None:
            note(operation, step.name, source=step.driver)
        OperationStep.objects.filter(pk=step.pk).update(
            state=StepState.INTENT, fence=lease.fence, started_at=Coalesce(F("started_at"), Now())
        )


def _record(lease: Lease, step: OperationStep, observed: Observed) -> None:
    """Effects, secrets and state in one transaction: none without the others."""
    with lease.held() as operation:
        assert operation.instance_id is not None  # only checks lack one
        for effect in observed.effects:
            Effect.objects.update_or_create(
                instance_id=operation.instance_id,
                driver=step.driver,
                kind=effect.kind,
                name=effect.name[:700],
                removed_at=None,
                defaults={
                    "operation": operation,
                    "step_n": step.n,
                    "attributes": dict(effect.attributes),
                },
            )
        if observed.secrets:
            extensions.tell_secrets(operation, step, observed.secrets)
        _merge_result(operation, step, observed.attributes)
        OperationStep.objects.filter(pk=step.pk).update(
            state=StepState.APPLIED, summary=observed.summary[:2000]
        )


def _merge_result(operation: Operation, step: OperationStep, found: Mapping[str, Any]) -> None:
    """Links and names for people; and, by step, the plain facts that results are made from."""
    given = found.get("result")
    given = dict(given) if isinstance(given, Mapping) else {}
    links = [*operation.result.get("links", ()), *given.pop("links", ())]
    facts = {
        name: value
        for name, value in found.items()
        if isinstance(value, str | int | float) and len(str(value)) <= LONGEST_FACT
    }
    result = {**operation.result, **given}
    if links:
        result["links"] = [each for n, each in enumerate(links) if each not in links[:n]]
    if facts:
        result["steps"] = {**result.get("steps", {}), str(step.n): facts}
    if result != operation.result:
        Operation.objects.filter(pk=operation.pk).update(result=result)


def _forget_effects(operation: Operation, step: OperationStep) -> None:
    """Mark what the same action once made for this instance as removed.

    What another step of this operation makes by that action, or has found to be there, stays.
    """
    made_by_action = OperationStep.objects.filter(
        operation=OuterRef("operation"), n=OuterRef("step_n"), action=step.action
    )
    there = Effect.objects.filter(
        Exists(made_by_action), instance=operation.instance_id, driver=step.driver, removed_at=None
    )
    others = Q(operation=operation) & ~Q(step_n=step.n)
    there.exclude(others).update(removed_at=Now())


def _verified(operation: Operation, step: OperationStep, summary: str) -> bool:
    """Go on behind the step, in the transaction that recorded it; False: that was all."""
    done: dict[str, Any] = {"state": StepState.VERIFIED, "finished_at": Now()}
    if summary:
        done["summary"] = summary[:2000]
        note(operation, summary, source=step.driver)
    OperationStep.objects.filter(pk=step.pk).update(**done)
    changes: dict[str, Any] = {"attempt": 0}
    if step.direction == StepDirection.FORWARD:
        changes |= {"step": step.n + 1, "error_text": ""}
    Operation.objects.filter(pk=operation.pk).update(**changes)
    if step.direction == StepDirection.BACKWARD or step.n + 1 < len(operation.spec["steps"]):
        return True
    if reason_to_stop(operation) is not None:
        return True
    finish(operation, OperationState.SUCCEEDED, DONE)
    return False


def _logger(lease: Lease) -> Any:
    """Where a driver's log lines go: at once into the log, as long as the lease is ours."""

    def write(level: str, source: str, text: str) -> None:
        if level == "debug":
            return
        words = (level, source[:40], clean(text))
        ours = (lease.operation_id, lease.owner, lease.fence)
        with connection.cursor() as cursor:
            cursor.execute(LOG_LINE, (*words, *ours))
            if cursor.rowcount == 0:
                raise LeaseLost(str(lease.operation_id))

    return write
