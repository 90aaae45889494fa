"""Positions in the change feed: who reads on from one misses nothing that commits later.

Numbers of a sequence are not in the order of commits, so a pass gives each committed event without
a position the next one. An event that commits late comes later, and none is left out. Two events of
one key keep their order, because whoever writes the second has seen the first.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.db.models import Max, Min

from core.models import EventPosition

BATCH = 10_000  # events in one pass; the next goes on
LATE = 10_000  # how many numbers back a pass looks for events that committed late
VERY_LATE = 1_000_000  # and the hourly one
KEPT = dt.timedelta(days=90)
ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('event-positions', 0))"
NUMBER = """
WITH highest AS (SELECT coalesce(max(event_id), 0) AS id FROM core_eventposition),
last AS (SELECT coalesce(max(position), 0) AS n FROM core_eventposition),
fresh AS (
  SELECT e.id FROM core_outboxevent e, highest
  WHERE e.id > highest.id - %(late)s AND NOT EXISTS (
    SELECT FROM core_eventposition p WHERE p.event_id = e.id AND p.event_id > highest.id - %(late)s)
  ORDER BY e.id LIMIT %(most)s
)
INSERT INTO core_eventposition (position, event_id)
SELECT last.n + row_number() OVER (ORDER BY fresh.id), fresh.id FROM fresh, last
"""
# What nobody handled stays, whatever its age; the last position stays, so that none comes twice.
FORGET = """
WITH old AS (
  SELECT p.position, e.id FROM core_eventposition p JOIN core_outboxevent e ON e.id = p.event_id
  WHERE p.position < (SELECT max(position) FROM core_eventposition)
    AND e.created_at < now() - %(kept)s::interval AND e.handled_at IS NOT NULL
  ORDER BY p.position LIMIT %(most)s
), gone AS (DELETE FROM core_eventposition p USING old WHERE p.position = old.position)
DELETE FROM core_outboxevent e USING old WHERE e.id = old.id
"""


def number_events(*, late: int = LATE) -> int:
    """Give up to `BATCH` events their positions; returns how many.

    Where another is at it, none: it will do. Cost: one SQL statement, two with the lock.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(NUMBER, {"late": late, "most": BATCH})
        return int(cursor.rowcount)


def number_late_events() -> int:
    """The same, for what committed very late."""
    return number_events(late=VERY_LATE)


def forget_events() -> None:
    """Delete handled events, with their positions, that are older than `KEPT`."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"kept": f"{KEPT.days} days", "most": BATCH})
        while cursor.rowcount == BATCH:
            cursor.execute(FORGET, {"kept": f"{KEPT.days} days", "most": BATCH})


def bounds() -> tuple[int, int]:
    """The oldest position that is kept and the newest; (1, 0) before there is any."""
    found = EventPosition.objects.aggregate(first=Min("position"), last=Max("position"))
    return found["first"] or 1, found["last"] or 0
