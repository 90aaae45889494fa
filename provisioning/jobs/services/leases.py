"""A claim on an operation for a while: how it is taken, kept, checked and given back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from provisioning.drivers import registry
from provisioning.jobs.models import Operation
from provisioning.jobs.services.moves import NO_LEASE, UNNOTICED, note
from provisioning.jobs.services.nudging import nudge_after_commit

# One statement: lock a due row, raise the instance's fence, copy it, take the lease, log it.
# A lease that ran out with an owner still on it is a crash.
# Domains take turns, so that a thousand jobs of one keep nobody waiting: the open lanes by a loose
# scan of their index, the one served longest ago first, and in it what has been due longest. The
# rows of a lane are locked only when the scan gets to it, which the LIMIT ends.
CLAIM = """
WITH RECURSIVE lanes AS (
  (SELECT lane FROM jobs_operation WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
   ORDER BY lane LIMIT 1)
  UNION ALL
  SELECT (SELECT o.lane FROM jobs_operation o
    WHERE o.state NOT IN ('succeeded', 'failed', 'cancelled') AND o.lane > lanes.lane
    ORDER BY o.lane LIMIT 1)
  FROM lanes WHERE lanes.lane IS NOT NULL
), turns AS MATERIALIZED (
  SELECT lane FROM lanes WHERE lane IS NOT NULL ORDER BY (
    SELECT max(o.claimed_at) FROM jobs_operation o
    WHERE o.lane = lanes.lane AND o.claimed_at IS NOT NULL
  ) NULLS FIRST
), picked AS (
  SELECT due.* FROM turns CROSS JOIN LATERAL (
    SELECT id, instance_id, lease_owner IS NOT NULL AS crashed FROM jobs_operation
    WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
      AND run_after <= clock_timestamp()
      AND (lease_until IS NULL OR lease_until <= clock_timestamp())
      AND %(versions)s::jsonb @> driver_versions
      AND lane = turns.lane
    ORDER BY run_after LIMIT 1 FOR UPDATE SKIP LOCKED
  ) due LIMIT 1
), fenced AS (
  UPDATE jobs_instance i SET fence = i.fence + 1 FROM picked
  WHERE i.id = picked.instance_id RETURNING i.fence
), claimed AS (
  UPDATE jobs_operation o SET
    state = CASE o.state WHEN 'compensating' THEN 'compensating' ELSE 'running' END,
    fence = coalesce((SELECT fence FROM fenced), o.fence + 1),
    lease_owner = %(owner)s,
    lease_until = clock_timestamp() + %(lease_s)s * interval '1 second',
    crashes = o.crashes + picked.crashed::int,
    claimed_at = clock_timestamp(),
    started_at = coalesce(o.started_at, clock_timestamp()),
    nudged_at = NULL, nudges = 0
  FROM picked WHERE o.id = picked.id
  RETURNING o.id, o.state, o.fence, picked.crashed
), logged AS (
  INSERT INTO jobs_operationlog (operation_id, level, source, text, state, fence)
  SELECT id, CASE WHEN crashed THEN 'warning' ELSE 'info' END, 'job',
    CASE WHEN crashed THEN 'taken over by ' ELSE 'taken by ' END || %(owner)s, state, fence
  FROM claimed
)
SELECT id, fence FROM claimed
"""
EXTEND = """
UPDATE jobs_operation SET lease_until = clock_timestamp() + %s * interval '1 second'
WHERE id = %s AND lease_owner = %s AND fence = %s
"""

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another worker has the operation, or it has ended: stop at once, write nothing."""


@dataclass(frozen=True)
class Lease:
    """The right to write to one operation, as long as owner and fence stand in its row."""

    operation_id: UUID
    owner: str
    fence: int

    @contextmanager
    def held(self) -> Iterator[Operation]:
        """A transaction in which the operation is locked and ours.

        Raises:
            LeaseLost: it is not ours any more.
        """
        with transaction.atomic():
            operation = (
                Operation.objects.select_for_update()
                .filter(pk=self.operation_id, lease_owner=self.owner, fence=self.fence)
                .first()
            )
            if operation is None:
                raise LeaseLost(str(self.operation_id))
            yield operation

    def extend(self) -> bool:
        """Put the end of the lease off; False when it is not ours any more."""
        with connection.cursor() as cursor:
            cursor.execute(EXTEND, [settings.LEASE_S, self.operation_id, self.owner, self.fence])
            return bool(cursor.rowcount == 1)

    def release(self) -> None:
        """Give the operation back to whoever comes next; not a crash."""
        with self.held() as operation:
            note(operation, "given back: the worker ends")
            Operation.objects.filter(pk=operation.pk).update(**NO_LEASE, **UNNOTICED)
            nudge_after_commit(operation.pk)


def claim_next(owner: str) -> Lease | None:
    """Take what has been due longest in the domain that was served longest ago, or None."""
    parameters: dict[str, str | int] = {
        "versions": json.dumps(registry.versions()),
        "owner": owner,
        "lease_s": settings.LEASE_S,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, parameters)
        row = cursor.fetchone()
    return None if row is None else Lease(row[0], owner, row[1])


class Heartbeat:
    """Extends a lease from a thread with its own database connection, three times a lease.

    A step that takes longer than `STEP_S` gets no more time: its driver hangs, and others go on.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._since = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=5)

    def at_border(self) -> None:
        """A step has ended."""
        self._since = time.monotonic()

    def _beat(self) -> None:
        try:
            while not self._ended.wait(settings.LEASE_S / 3):
                if time.monotonic() - self._since > settings.STEP_S:
                    log.warning("lease.step-hangs", operation=str(self._lease.operation_id))
                    return
                if not self._extended():
                    return
        finally:
            connection.close()

    def _extended(self) -> bool:
        """Whether to go on; while the database is away the lease may run out by itself."""
        try:
            return self._lease.extend()
        except DatabaseError as error:
            log.warning("lease.not-extended", error=str(error).splitlines()[0])
            connection.close()
            return True
