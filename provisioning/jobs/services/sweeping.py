"""What some process must do now and then: nudges, the outbox, schedules, tidying."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from core import outbox
from provisioning.jobs import extensions
from provisioning.jobs.extensions import CatchUp, Periodic
from provisioning.jobs.services.nudging import nudge_unnoticed

# For each schedule: is its present tick still to be taken?
OPEN = """
SELECT s.name FROM unnest(%s::text[], %s::float[]) s (name, span)
WHERE NOT EXISTS (SELECT 1 FROM jobs_scheduletick t WHERE t.schedule = s.name
  AND t.tick_at = date_bin(s.span * interval '1 second', clock_timestamp(), 'epoch'))
"""
# Missed ticks are those after the last one that was taken; who never ran has missed none.
TAKE_TICKS = """
WITH present AS (
  SELECT date_bin(%(span)s * interval '1 second', clock_timestamp(), 'epoch') AS tick
), last AS (
  SELECT max(tick_at) AS tick FROM jobs_scheduletick WHERE schedule = %(name)s
)
INSERT INTO jobs_scheduletick (schedule, tick_at)
SELECT %(name)s, t FROM present, last, generate_series(
  greatest(coalesce(last.tick + %(span)s * interval '1 second', present.tick),
           present.tick - (%(most)s - 1) * %(span)s * interval '1 second'),
  present.tick, %(span)s * interval '1 second') t
ON CONFLICT DO NOTHING
RETURNING clock_timestamp() - tick_at > %(span)s * interval '0.5 second'
"""
ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('schedule:' || %s, 0))"
# The last tick of a schedule stays: it tells what was missed.
OLD_TICKS = """
DELETE FROM jobs_scheduletick t WHERE taken_at < now() - interval '2 days' AND EXISTS (
  SELECT 1 FROM jobs_scheduletick n WHERE n.schedule = t.schedule AND n.tick_at > t.tick_at)
"""
TIDY = (
    OLD_TICKS,
    "DELETE FROM jobs_worker WHERE last_seen < now() - interval '10 minutes'",
    "DELETE FROM core_idempotencykey WHERE created_at < now() - interval '7 days'",
)

log = structlog.get_logger(__name__)


def sweep() -> None:
    """One round; any number of processes may do this at once.

    Raises:
        DatabaseError: the ledger is away.
    """
    nudge_unnoticed()
    outbox.drain(limit=1_000)
    for schedule in _open(extensions.schedules()):
        _run(schedule)


def tidy() -> None:
    """Delete ticks, workers and idempotency keys that are too old to matter."""
    with connection.cursor() as cursor:
        for statement in TIDY:
            cursor.execute(statement)


def _open(schedules: Sequence[Periodic]) -> list[Periodic]:
    """Those whose present tick nobody has taken; one statement for all of them."""
    names_of = [each.name for each in schedules]
    spans = [float(each.every_s) for each in schedules]
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [names_of, spans])
        names = {row[0] for row in cursor.fetchall()}
    return [each for each in schedules if each.name in names]


def _run(schedule: Periodic) -> None:
    """Take what is due of a schedule and call it, in one transaction; nobody else waits for it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALONE, [schedule.name])
        if not cursor.fetchone()[0]:
            return
        most = schedule.most if schedule.catch_up == CatchUp.ALL else 1
        values: dict[str, str | int] = {
            "name": schedule.name,
            "span": schedule.every_s,
            "most": most,
        }
        cursor.execute(TAKE_TICKS, values)
        for (is_late,) in cursor.fetchall():
            if not (is_late and schedule.catch_up == CatchUp.SKIP):
                _call(schedule)


def _call(schedule: Periodic) -> None:
    """A schedule that fails is logged; the next tick tries again."""
    try:
        with transaction.atomic():
            schedule.function()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("schedule.failed", schedule=schedule.name)
