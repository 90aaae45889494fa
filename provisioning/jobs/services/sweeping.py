"""What some process must do now and then: nudges, the outbox, schedules, tidying."""

from __future__ import annotations

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from core import outbox
from provisioning.jobs import extensions
from provisioning.jobs.services.nudging import nudge_unnoticed

TAKE_TICK = """
INSERT INTO jobs_scheduletick (schedule, tick_at)
VALUES (%(name)s, date_bin(%(every_s)s * interval '1 second', clock_timestamp(), 'epoch'))
ON CONFLICT DO NOTHING
"""
TIDY = (
    "DELETE FROM jobs_scheduletick WHERE taken_at < now() - interval '2 days'",
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
    for schedule in extensions.schedules():
        if _take_tick(schedule):
            _call(schedule)


def tidy() -> None:
    """Delete ticks, workers and idempotency keys that are too old to matter."""
    with connection.cursor() as cursor:
        for statement in TIDY:
            cursor.execute(statement)


def _take_tick(schedule: extensions.Periodic) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TICK, {"name": schedule.name, "every_s": schedule.every_s})
        return bool(cursor.rowcount == 1)


def _call(schedule: extensions.Periodic) -> None:
    """A schedule that fails is logged; the next tick tries again."""
    try:
        with transaction.atomic():
            schedule.function()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("schedule.failed", schedule=schedule.name)
