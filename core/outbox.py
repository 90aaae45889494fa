"""Events between rooms: written with the change, handled within about a second of its commit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from core.clock import db_now
from core.copying import insert_rows
from core.models import OutboxEvent
from core.retrying import backoff
from core.subqueries import one_of

Handler = Callable[[OutboxEvent], None]
ManyHandler = Callable[[Sequence[OutboxEvent]], None]

MAX_ATTEMPTS = 10
BATCH = 200  # events of a topic in one transaction, where all of its handlers take many
log = structlog.get_logger(__name__)
_handlers: dict[str, list[Handler]] = defaultdict(list)
_many_handlers: dict[str, list[ManyHandler]] = defaultdict(list)


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


def subscribe_many(topic: str, handler: ManyHandler) -> None:
    """As `subscribe`, for a handler that takes events of `topic` many at a time: those that are
    due, no two of one key. When it fails on several, each is tried alone.
    """
    if handler not in _many_handlers[topic]:
        _many_handlers[topic].append(handler)


def subscriptions() -> dict[str, list[str]]:
    """`{topic: [dotted handler name]}`, for the table in `docs/architecture.md`."""
    found: dict[str, list[str]] = defaultdict(list)
    for registry in (_handlers, _many_handlers):
        for topic, handlers in registry.items():
            found[topic] += [f"{each.__module__}.{each.__qualname__}" for each in handlers]
    return dict(sorted(found.items()))


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
    """Handle up to `limit` due events; returns how many were tried.

    Each has its own transaction, or shares one with others of its topic (`subscribe_many`).
    """
    tried = 0
    while tried < limit:
        handled = _handle_next(min(BATCH, limit - tried))
        if not handled:
            break
        tried += handled
    return tried


def _handle_next(most: int) -> int:
    with transaction.atomic():
        events = list(_due()[:1])
        if events and not _handlers.get(events[0].topic):
            same = _due().filter(topic=events[0].topic).exclude(pk=events[0].pk)
            events += same[: most - 1]
        _handle(events)
    return len(events)


def _handle(events: Sequence[OutboxEvent]) -> None:
    try:
        with transaction.atomic():
            for event in events:
                for handler in _handlers.get(event.topic, ()):
                    handler(event)
            for many in _many_handlers.get(events[0].topic, ()) if events else ():
                many(events)
    except Exception as error:  # noqa: BLE001 - kept, retried, shown
        if len(events) == 1:
            _put_off(events[0], error)
        else:
            for event in events:
                _handle([event])
    else:
        handled = OutboxEvent.objects.filter(pk__in=[event.pk for event in events])
        handled.update(handled_at=db_now())


def _due() -> QuerySet[OutboxEvent]:
    """Events whose turn it is: no earlier one of their key waits. They are locked when read.

    The first of each key are read from its index once. Asked of every event instead (`NOT EXISTS`),
    the database, which expects few to wait, compares each with each.
    """
    pending = OutboxEvent.objects.filter(handled_at__isnull=True, dead_at__isnull=True)
    first = pending.order_by("key", "id").distinct("key")
    due = pending.filter(one_of("id", first), next_at__lte=Now()).order_by("id")
    return due.select_for_update(skip_locked=True)


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
