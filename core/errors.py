"""Domain errors: each carries a stable code, an HTTP status and a message that is safe to show."""

from collections.abc import Sequence
from typing import Any, ClassVar

from core.problems import Problem

UNSEEN = "There is nothing here, or you may not see it."  # the same for both, so it tells nothing


class DomainError(Exception):
    """A rule of the domain was broken; the message is safe to show to the caller.

    Args:
        context: more members of the problem document; they never take the place of its own.
    """

    code: ClassVar[str] = "domain-error"  # problem `type`, GraphQL `extensions.code`, log field
    status: ClassVar[int] = 422  # HTTP status used by every interface

    def __init__(self, message: str, **context: Any) -> None:
        super().__init__(message)
        self.context = context


class NotAllowed(DomainError):
    """The actor may see the object but may not do this to it."""

    code = "not-allowed"
    status = 403


class NotFound(DomainError):
    """There is no such object, or the actor may not know that there is one."""

    code = "not-found"
    status = 404

    def __init__(self, message: str = UNSEEN, **context: Any) -> None:
        super().__init__(message, **context)


class InvalidTransition(DomainError):
    """The object is not (any more) in a state from which this is possible."""

    code = "invalid-transition"
    status = 409


class Conflict(DomainError):
    """Something with this name or key exists already."""

    code = "conflict"
    status = 409


class ConcurrencyError(DomainError):
    """Another operation is at work on the same instance (Open Service Broker 2.17)."""

    code = "concurrency-error"
    status = 422


class IdempotencyMismatch(DomainError):
    """The same Idempotency-Key came with another body."""

    code = "idempotency-mismatch"
    status = 422


class StillRunning(DomainError):
    """The first call with this Idempotency-Key has not answered yet."""

    code = "idempotency-in-progress"
    status = 409


class TooLarge(DomainError):
    """More was handed in than one call takes."""

    code = "too-large"
    status = 413


class Unavailable(DomainError):
    """A system outside did not answer; asking again later may help."""

    code = "unavailable"
    status = 503


class Invalid(DomainError):
    """Input that breaks rules; `problems` says where, which rule, and how to mend it."""

    code = "invalid"
    status = 422

    def __init__(self, message: str, problems: Sequence[Problem] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.problems = tuple(problems)


def problem_document(error: DomainError) -> dict[str, Any]:
    """`error` as an RFC 9457 problem document."""
    own = {
        "type": f"/problems/{error.code}",
        "title": error.code.replace("-", " ").capitalize(),
        "status": error.status,
        "detail": str(error),
    }
    body: dict[str, Any] = own | error.context | own
    if isinstance(error, Invalid) and error.problems:
        body["problems"] = [problem.as_dict() for problem in error.problems]
    return body
