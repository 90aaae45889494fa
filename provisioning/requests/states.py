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
