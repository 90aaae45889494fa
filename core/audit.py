"""Writing the audit log; the event stands in the same transaction as the change."""

from typing import Any

from structlog.contextvars import get_contextvars

from core.models import AuditEvent

SYSTEM = "system"


def record(*, actor: str, verb: str, kind: str, object_id: object, **detail: Any) -> None:
    """Append one audit event.

    Args:
        actor: who did it, as `Actor.name`, or `SYSTEM`.
        verb: `<noun>.<past participle>`, e.g. `product.published`, `access.denied`.
        kind: kind of the object, e.g. `product`.
        object_id: its public id (fqn or uuid).
        detail: JSON values; never secrets.
    """
    AuditEvent.objects.create(
        actor=actor,
        verb=verb,
        object_kind=kind,
        object_id=str(object_id)[:400],
        detail=detail,
        request_id=str(get_contextvars().get("request_id", ""))[:64],
    )
