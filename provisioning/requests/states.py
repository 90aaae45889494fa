"""States of a request and of the sides that have to agree."""

from django.db.models import TextChoices


class RequestKind(TextChoices):
    SERVICE = "service", "Service"
    ACCESS = "access", "Access"


class RequestState(TextChoices):
    """What is shown; `running` and later follow the operation (INTERFACE §4)."""

    WAITING = "waiting", "Waiting for a decision"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


IN_VAIN = frozenset({RequestState.FAILED, RequestState.REJECTED, RequestState.CANCELLED})
OPEN = frozenset({RequestState.WAITING, RequestState.RUNNING})

SOURCES: dict[RequestState, frozenset[RequestState]] = {  # target: entered from
    RequestState.RUNNING: frozenset({RequestState.WAITING, RequestState.FAILED}),
    RequestState.SUCCEEDED: frozenset({RequestState.RUNNING}),
    RequestState.FAILED: frozenset({RequestState.RUNNING}),
    RequestState.REJECTED: frozenset({RequestState.WAITING}),
    RequestState.CANCELLED: frozenset({RequestState.WAITING, RequestState.RUNNING}),
}


class ApprovalState(TextChoices):
    """One side that has to agree. Sides of one stage decide side by side, stages in turn."""

    PLANNED = "planned", "Later"
    WAITING = "waiting", "Waiting"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CLOSED = "closed", "Not needed any more"


APPROVAL_SOURCES: dict[ApprovalState, frozenset[ApprovalState]] = {  # target: entered from
    ApprovalState.WAITING: frozenset({ApprovalState.PLANNED}),
    ApprovalState.APPROVED: frozenset({ApprovalState.WAITING}),
    ApprovalState.REJECTED: frozenset({ApprovalState.WAITING}),
    ApprovalState.CLOSED: frozenset({ApprovalState.PLANNED, ApprovalState.WAITING}),
}
