"""Waking workers: after a commit, and again for what nobody took (RELIABILITY §3.3)."""

from __future__ import annotations

from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from provisioning.jobs import dispatch
from provisioning.jobs.models import Operation

# due, nobody's, and not nudged for min(60, 2 * 2^nudges) seconds
TAKE_UNNOTICED = """
WITH due AS (
  SELECT id FROM jobs_operation
  WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
    AND run_after <= clock_timestamp()
    AND (lease_until IS NULL OR lease_until <= clock_timestamp())
    AND (nudged_at IS NULL OR nudged_at <= clock_timestamp()
         - least(60, 2 * power(2, least(nudges, 10))) * interval '1 second')
  ORDER BY run_after LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE jobs_operation o SET nudged_at = clock_timestamp(), nudges = o.nudges + 1
FROM due WHERE o.id = due.id RETURNING o.id
"""


def nudge_after_commit(operation_id: UUID) -> None:
    """Wake a worker once the surrounding transaction has committed; its failure fails nothing.

    Not by a `partial`: Django reads the name of what failed, and a partial has none.
    """

    def wake() -> None:
        nudge(operation_id)

    transaction.on_commit(wake, robust=True)


def nudge(operation_id: UUID) -> None:
    """Wake a worker for one operation, best effort: what was committed stays accepted."""
    if not dispatch.wake(operation_id):
        return
    try:
        Operation.objects.filter(pk=operation_id).update(nudged_at=Now(), nudges=F("nudges") + 1)
    except (OperationalError, InterfaceError):
        connection.close()  # a broken one would fail whatever the caller asks next


def nudge_unnoticed(*, limit: int = 20) -> int:
    """Wake workers for due operations that nobody took; returns how many were nudged.

    A worker that is woken goes on until nothing is due: where thousands wait, more messages would
    only be more to read.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE_UNNOTICED, [limit])
        due = [row[0] for row in cursor.fetchall()]
    for operation_id in due:
        dispatch.wake(operation_id)
    return len(due)
