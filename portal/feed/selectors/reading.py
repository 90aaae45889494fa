"""The change feed: what happened, in the order of its positions, as far as the reader may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from accounts.actors import Actor
from core.errors import DomainError, Invalid
from core.models import EventPosition
from core.positions import bounds
from core.problems import Problem
from portal.feed.formats.events import (
    BY_NAME,
    GROUPS,
    TOPICS,
    EventType,
    Subject,
    document_of,
    is_pattern,
    is_wanted,
    type_of,
)
from portal.feed.selectors.subjects import subjects_of

CHUNK = 500  # events that are looked at together
MOST_DIGITS = 18
MOST = 5_000  # that one page looks at before it answers with what it has


class EventsForgotten(DomainError):
    """The feed does not reach back that far any more."""

    code = "events-forgotten"
    status = 410


@dataclass(frozen=True)
class FeedPage:
    """Documents in the order of their positions, and where to read on."""

    documents: Sequence[dict[str, Any]]
    position: int  # ask for what comes after it
    is_last: bool  # nothing more is there now


@dataclass(frozen=True)
class Described:
    """An event in the words of its reader."""

    type: EventType
    subject: Subject
    document: dict[str, Any]
    body: str  # the document as it is sent


@dataclass(frozen=True)
class Telling:
    """What one reader hears of a stretch of the feed."""

    told: Mapping[int, Described]  # by position: what is told at all and the reader may see
    untold: Mapping[int, str]  # by position: why it cannot be described


def feed_page(
    actor: Actor, *, after: int | None, types: Collection[str] = (), size: int = 50
) -> FeedPage:
    """Up to `size` events after a position.

    What the actor may not see now is left out, as if it had not happened, and so is what cannot be
    described. A page may hold less than `size`, also nothing, and not be the last: it says where to
    read on.

    Args:
        after: a position; None begins with the oldest event that is kept.
        types: names of types or groups (`product.*`); none: all.

    Raises:
        EventsForgotten: events after `after` are not kept any more.
        Invalid: `after` lies in the future, or there is no such type.

    Cost: per 500 events looked at, one SQL statement, a savepoint, and one per kind of subject in
    them.
    """
    require_patterns(types, pointer="/type")
    first, last = bounds()
    begin = first - 1 if after is None else after
    _require_within(begin, first, last)
    documents: list[dict[str, Any]] = []
    at = begin
    while at < min(last, begin + MOST) and (rows := places_after(at)):
        found = telling(rows, actor, types).told
        for row in rows:
            at = row.position
            if at in found:
                documents.append(found[at].document)
            if len(documents) == size:
                return FeedPage(documents, at, at >= last)
    return FeedPage(documents, at, at >= last)


def position_in(text: str | None) -> int | None:
    """A position as scripts send it.

    Raises:
        Invalid: it is none.
    """
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return int(text)
    problem = Problem("/after", "not-a-position", "Send the `position` of an earlier answer.")
    raise Invalid("This is no position in the feed.", [problem])


def places_after(position: int) -> list[EventPosition]:
    """The next `CHUNK` events after a position, of whatever topic."""
    following = EventPosition.objects.filter(position__gt=position).order_by("position")
    return list(following.select_related("event")[:CHUNK])


def telling(places: Sequence[EventPosition], actor: Actor, types: Collection[str] = ()) -> Telling:
    """A stretch of the feed as far as the actor may see it, and as the types choose.

    An event that cannot be described stops none of the others: it is found by halves.
    """
    try:
        with transaction.atomic():
            return Telling(_described_all(places, actor, types), {})
    except (OperationalError, InterfaceError):
        raise  # the database is away, and no event is to blame
    except Exception as error:  # noqa: BLE001 - whatever a later mistake makes of an event
        if len(places) == 1:
            return Telling({}, {places[0].position: f"{type(error).__name__}: {error}"})
    middle = len(places) // 2
    first, second = (telling(part, actor, types) for part in (places[:middle], places[middle:]))
    return Telling({**first.told, **second.told}, {**first.untold, **second.untold})


def _described_all(
    places: Sequence[EventPosition], actor: Actor, types: Collection[str]
) -> Mapping[int, Described]:
    typed = [
        (each, kind)
        for each in places
        if (kind := _type(each)) is not None and is_wanted(kind.name, types)
    ]
    keys: dict[str, set[str]] = defaultdict(set)
    for each, kind in typed:
        keys[kind.subject].add(_key(each, kind))
    known = {subject: subjects_of(subject, wanted, actor) for subject, wanted in keys.items()}
    return {
        each.position: _described(each, kind, subject)
        for each, kind in typed
        if (subject := known[kind.subject].get(_key(each, kind))) is not None
    }


def require_patterns(types: Collection[str], *, pointer: str) -> None:
    """Raises: Invalid: one of them names neither a type nor a group."""
    for text in types:
        if not is_pattern(text):
            groups = ", ".join(f"{each}.*" for each in GROUPS)
            message = f"There is no “{text[:60]}”. Name one of {', '.join(BY_NAME)}, or {groups}."
            problem = Problem(pointer, "unknown-type", message)
            raise Invalid("There is no such type of event.", [problem])


def _require_within(position: int, first: int, last: int) -> None:
    if position > last:
        message = f"The newest event has position {last}. Read on from there."
        raise Invalid(
            "This position lies in the future.", [Problem("/after", "in-the-future", message)]
        )
    if position < first - 1:
        raise EventsForgotten(
            f"Events before {first} are not kept any more. Read what you need anew, then go on "
            f"from {last}.",
            first=first,
            last=last,
        )


def _type(place: EventPosition) -> EventType | None:
    event = place.event
    return type_of(event.topic, event.payload) if event.topic in TOPICS else None


def _key(place: EventPosition, kind: EventType) -> str:
    event = place.event
    return str(event.payload.get(kind.key, "")) if kind.key else event.key


def _described(place: EventPosition, kind: EventType, subject: Subject) -> Described:
    event = place.event
    document = document_of(
        kind,
        subject,
        event.payload,
        event_id=str(event.event_id),
        position=place.position,
        at=event.created_at,
        base_url=settings.PORTAL_URL,
    )
    return Described(kind, subject, document, orjson.dumps(document).decode())
