"""A request follows the operation that does its work."""

from __future__ import annotations

from core import outbox
from core.clock import db_now
from provisioning.jobs.models import Operation
from provisioning.jobs.states import OperationState
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Request
from provisioning.requests.states import RequestState

ENDED: dict[str, RequestState] = {
    OperationState.SUCCEEDED: RequestState.SUCCEEDED,
    OperationState.FAILED: RequestState.FAILED,
    OperationState.CANCELLED: RequestState.CANCELLED,
}


def follow_operation(operation: Operation) -> None:
    """Called in the transaction that ends an operation; one without a request is no news."""
    request = Request.objects.filter(operation=operation, state=RequestState.RUNNING).first()
    if request is None:
        return
    request.state = ENDED[operation.state]
    request.finished_at = db_now()
    if operation.error_text:
        request.reason = operation.error_text
    request.save(update_fields=["state", "finished_at", "reason"])
    kind_of(request).finished(request, operation)
    outbox.emit("request.finished", key=request.pk, request_id=str(request.pk), state=request.state)


def follow_retry(old: Operation, new: Operation) -> None:
    """Called in the transaction that repeats an operation: the request runs again."""
    Request.objects.filter(
        operation=old, state__in=[RequestState.FAILED, RequestState.CANCELLED]
    ).update(operation=new, state=RequestState.RUNNING, finished_at=None)
