"""Writing the audit log; the event stands in the same transaction as the change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from structlog.contextvars import get_contextvars

from core.copying import insert_rows
from core.models import AuditEvent

SYSTEM = "system"


@dataclass(frozen=True)
class AuditData:
    """One event of `record_many`; the fields are those of `record`."""

    actor: str
    verb: str
    kind: str
    object_id: object
    detail: Mapping[str, Any] = field(default_factory=dict)


def record(*, actor: str, verb: str, kind: str, object_id: object, **detail: Any) -> None:
    """Append one audit event.

    Args:
        actor: who did it, as `Actor.name`, or `SYSTEM`.
        verb: `<noun>.<past participle>`, e.g. `product.published`, `access.denied`.
        kind: kind of the object, e.g. `product`.
        object_id: its public id (fqn or uuid).
        detail: JSON values; never secrets.
    """
    record_many([AuditData(actor, verb, kind, object_id, detail)])


def record_many(events: Iterable[AuditData]) -> None:
    """Append audit events in their order, in one statement."""
    request_id = str(get_contextvars().get("request_id", ""))[:64]
    insert_rows(
        AuditEvent,
        ["actor", "verb", "object_kind", "object_id", "detail", "request_id"],
        (
            (
                each.actor,
                each.verb,
                each.kind,
                str(each.object_id)[:400],
                dict(each.detail),
                request_id,
            )
            for each in events
        ),
    )
