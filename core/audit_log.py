"""Reading the audit log in the order of its seals: gap-free, as the change feed is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

READ = """
SELECT s.n, e.id, e.at, e.actor, e.verb, e.object_kind, e.object_id, e.detail::json,
  e.request_id, s.hash
FROM core_auditseal s JOIN core_auditevent e ON e.id = s.seq
WHERE s.n > %(after)s
  AND (%(actor)s::text IS NULL OR e.actor = %(actor)s)
  AND (%(kind)s::text IS NULL OR e.object_kind = %(kind)s)
  AND (%(object)s::text IS NULL OR e.object_id = %(object)s)
ORDER BY s.n LIMIT %(most)s
"""
CHUNK = 1_000


@dataclass(frozen=True)
class AuditQuery:
    """Which events are asked for; None: all."""

    actor: str | None = None
    kind: str | None = None
    object_id: str | None = None


@dataclass(frozen=True)
class SealedEvent:
    """An event and its place in the chain."""

    place: int
    id: int
    at: dt.datetime
    actor: str
    verb: str
    kind: str
    object_id: str
    detail: dict[str, Any]
    request_id: str
    hash: str  # hex

    def as_dict(self) -> dict[str, Any]:
        """The public form."""
        return {
            "place": self.place,
            "id": self.id,
            "at": self.at,
            "actor": self.actor,
            "verb": self.verb,
            "object": {"kind": self.kind, "id": self.object_id},
            "detail": self.detail,
            "request_id": self.request_id,
            "hash": self.hash,
        }


def events_after(place: int, query: AuditQuery, *, most: int) -> list[SealedEvent]:
    """Up to `most` sealed events after a place in the chain, in their order.

    An event is sealed within seconds of its commit, and always after all that were sealed before:
    who goes on from the last place that they read misses none. One SQL statement.
    """
    asked = {
        "after": place,
        "actor": query.actor,
        "kind": query.kind,
        "object": query.object_id,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(READ, asked)
        return [_event(row) for row in cursor.fetchall()]


def all_events_after(place: int, query: AuditQuery, *, most: int) -> Iterator[SealedEvent]:
    """The same, read in pieces."""
    while most > 0:
        found = events_after(place, query, most=min(CHUNK, most))
        yield from found
        if len(found) < CHUNK:
            return
        place, most = found[-1].place, most - len(found)


def _event(row: tuple[Any, ...]) -> SealedEvent:
    fields = [*row[:-1], bytes(row[-1]).hex()]
    return SealedEvent(*fields)
