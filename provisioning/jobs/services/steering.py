"""What people may do to an operation that has not ended."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from core import audit
from core.errors import InvalidTransition
from provisioning.jobs import policies
from provisioning.jobs.models import Operation
from provisioning.jobs.services.moves import UNNOTICED, finish, note
from provisioning.jobs.services.nudging import nudge_after_commit
from provisioning.jobs.states import REMOVALS, TERMINAL, OperationKind, OperationState


@transaction.atomic
def request_cancel(*, operation: Operation, actor: Actor) -> Operation:
    """Cancel at once what nobody has begun; else ask the worker to stop and undo at a step border.

    Raises:
        NotAllowed: the actor may not steer it.
        InvalidTransition: it has ended, or it takes something away.
    """
    policies.require_steer(actor, operation)
    operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    if operation.state in TERMINAL:
        raise InvalidTransition("This job has ended.", state=operation.state)
    if OperationKind(operation.kind) in REMOVALS:
        raise InvalidTransition("Taking access or objects away cannot be stopped half-way.")
    if operation.cancel_requested_at is not None:
        return operation
    Operation.objects.filter(pk=operation.pk).update(
        cancel_requested_at=Now(), cancel_requested_by=actor.name
    )
    operation.refresh_from_db()
    audit.record(
        actor=actor.name,
        verb="operation.cancel-requested",
        kind="operation",
        object_id=operation.pk,
    )
    note(operation, f"{actor.name} asked to cancel")
    _stop(operation)
    return operation


def _stop(operation: Operation) -> None:
    if operation.state == OperationState.QUEUED:
        finish(operation, OperationState.CANCELLED, "cancelled before it began")
    elif operation.state == OperationState.RETRY_WAIT:
        Operation.objects.filter(pk=operation.pk).update(run_after=Now(), **UNNOTICED)
        nudge_after_commit(operation.pk)
