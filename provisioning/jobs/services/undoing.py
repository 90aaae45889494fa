"""Compensation: what an operation did, backwards (RELIABILITY §2)."""

from __future__ import annotations

from provisioning.jobs.models import Instance, Operation, OperationStep
from provisioning.jobs.services.acceptance import effect_key
from provisioning.jobs.states import CREATIONS, StepDirection, StepState


def prepare(operation: Operation) -> None:
    """Write the steps backwards, for an operation that was to bring its instance about.

    A change of what was there before stays as far as it got: taking it away would take more,
    unless a step says that it makes something of its own. A step that was refused at the first
    try has changed nothing (driver contract).
    """
    goes = {"always"}
    if operation.kind in CREATIONS and not _was_there(operation):
        goes = {"always", "absent"}
    done = operation.steps.filter(direction=StepDirection.FORWARD, started_at__isnull=False)
    OperationStep.objects.bulk_create(
        [
            _backwards(operation, step)
            for step in done
            if _undo_of(operation, step) in goes and not _was_refused(operation, step)
        ],
        ignore_conflicts=True,
    )


def next_step(operation: Operation) -> OperationStep | None:
    """The last step that is not undone yet."""
    return (
        operation.steps.filter(direction=StepDirection.BACKWARD)
        .exclude(state=StepState.VERIFIED)
        .order_by("-n")
        .first()
    )


def _was_there(operation: Operation) -> bool:
    assert operation.instance_id is not None  # only checks lack one, and they create nothing
    instance = Instance.objects.get(pk=operation.instance_id)
    return instance.observed_generation > 0 and instance.observed_state != "absent"


def _was_refused(operation: Operation, step: OperationStep) -> bool:
    untried = operation.attempt == 0 and operation.crashes == 0 and step.pending_since is None
    return step.state == StepState.FAILED and untried


def _undo_of(operation: Operation, step: OperationStep) -> str:
    """What the one who wrote the step wants of its work; see `StepSpec.undo`."""
    return str(operation.spec["steps"][step.n].get("undo", "absent"))


def _backwards(operation: Operation, step: OperationStep) -> OperationStep:
    generation = operation.instance.generation if operation.instance else 0
    return OperationStep(
        operation=operation,
        n=step.n,
        direction=StepDirection.BACKWARD,
        name=f"Undo: {step.name}",
        driver=step.driver,
        action=step.action,
        spec=step.spec,
        effect_key=effect_key(operation.instance_id, generation, step.n, StepDirection.BACKWARD),
    )
