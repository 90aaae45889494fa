"""What the engine does now and then: snapshots that are due, and rows that no snapshot needs."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone

from catalog.lineage.engine.sql import TABLES
from catalog.lineage.models import RemovedEdge
from catalog.lineage.states import Level

REMOVED_KEPT = dt.timedelta(days=2)  # longer than a snapshot is used
# After a restore, rows bear numbers that this database has yet to reach.
RENUMBER = """
UPDATE {table} SET change = pg_current_xact_id()::text::bigint
WHERE change >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
AND change <> coalesce(pg_current_xact_id_if_assigned()::text::bigint, -1)
"""


@transaction.atomic
def keep_snapshots() -> int:
    """Have due snapshots made; how many were due."""
    from catalog.lineage.engine import snapshot

    RemovedEdge.objects.filter(removed_at__lt=timezone.now() - REMOVED_KEPT).delete()
    tables = [TABLES[level].name for level in Level]
    with connection.cursor() as cursor:
        for table in (*tables, "lineage_dataset"):
            cursor.execute(RENUMBER.format(table=table))
    return snapshot.refresh()
