"""Events between rooms: written with the change, handled within about a second of its commit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from core.clock import db_now
from core.copying import insert_rows
from core.models import OutboxEvent
from core.retrying import backoff

Handler = Callable[[OutboxEvent], None]

MAX_ATTEMPTS = 10
log = structlog.get_logger(__name__)
_handlers: dict[str, list[Handler]] = defaultdict(list)


@dataclass(frozen=True)
class EventData:
    """One event of `emit_many`; the fields are those of `emit`."""

    topic: str
    key: object
    payload: Mapping[str, Any] = field(default_factory=dict)


def subscribe(topic: str, handler: Handler) -> None:
    """Have `handler` called for every event of `topic`. Called in `AppConfig.ready()`.

    A handler must be idempotent: delivery is at least once. Events of one key come in order.
    """
    if handler not in _handlers[topic]:
        _handlers[topic].append(handler)


def subscriptions() -> dict[str, list[str]]:
    """`{topic: [dotted handler name]}`, for the table in `docs/architecture.md`."""
    return {
        topic: [f"{handler.__module__}.{handler.__qualname__}" for handler in handlers]
        for topic, handlers in sorted(_handlers.items())
    }


def emit(topic: str, *, key: object, **payload: Any) -> None:
    """Write one event in the surrounding transaction; `payload` holds JSON values, no secrets."""
    emit_many([EventData(topic, key, payload)])


def emit_many(events: Iterable[EventData]) -> None:
    """Write events in their order, in one statement."""
    insert_rows(
        OutboxEvent,
        ["event_id", "topic", "key", "payload", "attempts", "last_error"],
        ((uuid4(), each.topic, str(each.key)[:400], dict(each.payload), 0, "") for each in events),
    )


def drain(*, limit: int = 100) -> int:
    """Handle up to `limit` due events, each in its own transaction; returns how many were tried."""
    for tried in range(limit):
        if not _handle_next():
            return tried
    return limit


def _handle_next() -> bool:
    with transaction.atomic():
        event = _claim()
        if event is None:
            return False
        try:
            with transaction.atomic():
                for handler in _handlers[event.topic]:
                    handler(event)
        except Exception as error:  # noqa: BLE001 - kept, retried, shown
            _put_off(event, error)
        else:
            event.handled_at = db_now()
            event.save(update_fields=["handled_at"])
    return True


def _claim() -> OutboxEvent | None:
    pending = OutboxEvent.objects.filter(handled_at__isnull=True, dead_at__isnull=True)
    earlier = pending.filter(key=OuterRef("key"), id__lt=OuterRef("id"))
    return (
        pending.filter(~Exists(earlier), next_at__lte=Now())
        .order_by("id")
        .select_for_update(skip_locked=True)
        .first()
    )


def _put_off(event: OutboxEvent, error: Exception) -> None:
    event.attempts += 1
    event.last_error = f"{type(error).__name__}: {error}"[:2000]
    now = db_now()
    if event.attempts >= MAX_ATTEMPTS:
        event.dead_at = now
    else:
        event.next_at = now + backoff(event.attempts)
    event.save(update_fields=["attempts", "last_error", "next_at", "dead_at"])
    log.warning(
        "outbox.failed", topic=event.topic, event_id=str(event.event_id), attempts=event.attempts
    )
