"""States of operations and steps, and the moves between them (RELIABILITY §2)."""

from django.db.models import TextChoices

MAX_ATTEMPTS = 8  # of one step
ALARM_AT = 10  # tries to undo a step before people are asked


class OperationState(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    RETRY_WAIT = "retry_wait", "Waiting to retry"
    COMPENSATING = "compensating", "Undoing"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class OperationKind(TextChoices):
    PROVISION = "provision", "Provision"
    UPDATE = "update", "Update"
    DEPROVISION = "deprovision", "Deprovision"
    BIND = "bind", "Grant access"
    UNBIND = "unbind", "End access"
    ROTATE = "rotate", "New credential"
    REPAIR = "repair", "Repair"
    CHECK = "check", "Check"


class StepState(TextChoices):
    PENDING = "pending", "Waiting"
    INTENT = "intent", "Running"
    APPLIED = "applied", "Applied"
    VERIFIED = "verified", "Done"
    FAILED = "failed", "Failed"


class StepDirection(TextChoices):
    FORWARD = "forward", "Do"
    BACKWARD = "backward", "Undo"


TERMINAL = frozenset({OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED})
REMOVALS = frozenset({OperationKind.DEPROVISION, OperationKind.UNBIND})  # their steps take away
CREATIONS = frozenset({OperationKind.PROVISION, OperationKind.BIND})  # undone when they fail

SOURCES: dict[OperationState, frozenset[OperationState]] = {  # target: entered from
    OperationState.RUNNING: frozenset(
        {OperationState.QUEUED, OperationState.RETRY_WAIT, OperationState.RUNNING}
    ),
    OperationState.RETRY_WAIT: frozenset({OperationState.RUNNING}),
    OperationState.COMPENSATING: frozenset(
        {OperationState.RUNNING, OperationState.RETRY_WAIT, OperationState.COMPENSATING}
    ),
    OperationState.SUCCEEDED: frozenset({OperationState.RUNNING}),
    OperationState.FAILED: frozenset({OperationState.COMPENSATING}),
    OperationState.CANCELLED: frozenset({OperationState.QUEUED, OperationState.COMPENSATING}),
}
