"""Keeping the tables bounded: old events and runs go, edges not seen for long end."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction

from catalog.lineage.services import rows
from catalog.lineage.services.product_edges import end_unsupported, products_of
from core import prepared

CHUNK = 5_000  # rows of one statement
CHUNKS = 20  # statements of one pass; the next goes on

_FORGET = """
DELETE FROM {table} WHERE id IN (
    SELECT id FROM {table} WHERE {column} < now() - %s::interval
    ORDER BY {column} LIMIT %s::bigint FOR UPDATE SKIP LOCKED)
"""
# An edge ends when it was last seen: what came after is not known.
_END = """
UPDATE {table} SET ended_at = last_seen, change = pg_current_xact_id()::text::bigint
WHERE id IN (
    SELECT id FROM {table} WHERE ended_at IS NULL AND last_seen < now() - %s::interval
      AND origin IN ('lineage', 'dbt', 'sql')
    ORDER BY last_seen LIMIT %s::bigint FOR UPDATE SKIP LOCKED)
RETURNING source_id, target_id
"""
OLD = (("lineage_lineageevent", "received_at"), ("lineage_run", "last_seen"))


@transaction.atomic
def forget_lineage() -> int:
    """Delete events and runs past `LINEAGE_KEEP_DAYS`, end edges past `LINEAGE_EDGE_DAYS`.

    Called now and then; one call looks at `CHUNKS * CHUNK` rows of a table at most. Answers how
    many rows it changed.
    """
    kept = dt.timedelta(days=settings.LINEAGE_KEEP_DAYS)
    seen = dt.timedelta(days=settings.LINEAGE_EDGE_DAYS)
    done = sum(_forget(table, column, kept) for table, column in OLD)
    ended = _end("lineage_datasetedge", seen)
    end_unsupported(products_of({pk for pair in ended for pk in pair}))
    return done + len(ended) + len(_end("lineage_columnedge", seen))


def _forget(table: str, column: str, age: dt.timedelta) -> int:
    done = 0
    for _ in range(CHUNKS):
        count = rows.change(_FORGET.format(table=table, column=column), age, CHUNK)
        done += count
        if count < CHUNK:
            break
    return done


def _end(table: str, age: dt.timedelta) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for _ in range(CHUNKS):
        part = prepared.ask(_END.format(table=table), age, CHUNK)
        found += part
        if len(part) < CHUNK:
            break
    return found
