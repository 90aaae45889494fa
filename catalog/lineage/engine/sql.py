"""The graph read from its tables: a few hops of it, or level by level until time is up."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from catalog.lineage.states import Direction, Level
from core import prepared

MOST_ROWS = 4_000  # of a small question; above, the snapshot answers
MOST_NODES = 50_000  # of a large question without a snapshot
TIME_S = 5.0  # for such a question

# UNION drops repeats per distance; the depth bounds cycles, the limits a hub (DESIGN §6): the
# one beside each node keeps the plan at one index scan a node, whatever the tables hold.
SMALL = """
WITH RECURSIVE reach(node, distance) AS (
    SELECT root, 0 FROM unnest(%(roots)s::{type}[]) AS root
    UNION
    SELECT edge.node, reach.distance + 1
    FROM reach CROSS JOIN LATERAL (
        SELECT {far} AS node FROM {table} WHERE {near} = reach.node AND {alive} LIMIT %(limit)s
    ) AS edge
    WHERE reach.distance < %(depth)s
)
SELECT node, distance FROM reach LIMIT %(limit)s
"""
EACH = """
WITH RECURSIVE reach(root, node, distance) AS (
    SELECT root, root, 0 FROM unnest(%(roots)s::{type}[]) AS root
    UNION
    SELECT reach.root, edge.{far}, reach.distance + 1
    FROM reach CROSS JOIN LATERAL (
        SELECT {far} FROM {table} WHERE {near} = reach.node AND {alive} LIMIT %(limit)s
    ) AS edge
    WHERE reach.distance < %(depth)s
)
SELECT root, node, min(distance) FROM (SELECT * FROM reach LIMIT %(limit)s) AS found
GROUP BY root, node ORDER BY 3, 2
"""
DIRECT = """
SELECT root, edge.node, 1 FROM unnest(%(roots)s::{type}[]) AS root CROSS JOIN LATERAL (
    SELECT DISTINCT {far} AS node FROM (
        SELECT {far} FROM {table} WHERE {near} = root AND {alive} LIMIT %(limit)s) AS found
) AS edge ORDER BY 2 LIMIT %(limit)s
"""
STEP = """
SELECT DISTINCT edge.node FROM unnest(%(nodes)s::{type}[]) AS root
CROSS JOIN LATERAL (SELECT {far} AS node FROM {table} WHERE {near} = root AND {alive}) AS edge
LIMIT %(limit)s
"""
ALIVE = "ended_at IS NULL"
ALIVE_AT = "first_seen <= %(at)s AND (ended_at IS NULL OR ended_at > %(at)s)"


@dataclass(frozen=True)
class Table:
    """Where the edges of a level stand."""

    name: str
    type: str  # of its ends


TABLES = {
    Level.PRODUCT: Table("lineage_productedge", "uuid"),
    Level.DATASET: Table("lineage_datasetedge", "bigint"),
    Level.COLUMN: Table("lineage_columnedge", "bigint"),
}


def parts(level: str, direction: str, at: dt.datetime | None) -> dict[str, str]:
    """Names to put into a statement; all of them are ours."""
    table = TABLES[Level(level)]
    ends = ("source_id", "target_id")
    far, near = ends if direction == Direction.UPSTREAM else ends[::-1]
    alive = ALIVE if at is None else ALIVE_AT
    return {"table": table.name, "type": table.type, "near": near, "far": far, "alive": alive}


def small(
    level: str, roots: Sequence[Any], direction: str, depth: int, at: dt.datetime | None
) -> dict[Any, int] | None:
    """`{node: hops}` within `depth` hops, the roots at 0; None when it is no small question.

    Cost: one statement that reads indexes only and at most MOST_ROWS rows.
    """
    limit = MOST_ROWS + len(roots)
    sql = SMALL.format(**parts(level, direction, at))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"roots": list(roots), "depth": depth, "limit": limit, "at": at})
        rows = cursor.fetchall()
    if len(rows) == limit:
        return None
    found: dict[Any, int] = {}
    for node, distance in sorted(rows, key=lambda row: row[1]):
        found.setdefault(node, distance)
    return found


def each(
    level: str, roots: Sequence[Any], direction: str, depth: int, limit: int
) -> list[tuple[Any, Any, int]]:
    """`(root, node, hops)` of many roots at once, `limit` rows at most."""
    array = f"{{{','.join(map(str, roots))}}}"  # one parameter; a list is quoted key by key
    asked = {"roots": array, "limit": limit} | ({} if depth == 1 else {"depth": depth})
    sql = (DIRECT if depth == 1 else EACH).format(**parts(level, direction, None))
    return [row for row in prepared.ask(sql, **asked) if row[0] != row[1]]


def by_levels(
    level: str,
    roots: Sequence[Any],
    direction: str,
    depth: int | None,
    at: dt.datetime | None,
) -> tuple[dict[Any, int], bool]:
    """`{node: hops}`, and whether that is all; ends after TIME_S or MOST_NODES with what it has.

    Cost: one statement a hop.
    """
    found = dict.fromkeys(roots, 0)
    frontier = list(found)
    ends = time.monotonic() + TIME_S
    sql = STEP.format(**parts(level, direction, at))
    hops = 0
    while frontier and (depth is None or hops < depth):
        hops += 1
        left = MOST_NODES - len(found)
        try:
            with time_limit(ends - time.monotonic()), connection.cursor() as cursor:
                asked = {"nodes": frontier, "at": at, "limit": left + len(found) + 1}
                cursor.execute(sql, asked)
                frontier = [node for (node,) in cursor.fetchall() if node not in found]
        except TimeUp:
            return found, False
        found.update(dict.fromkeys(frontier[: max(0, left)], hops))
        if len(frontier) > left:
            return found, False
    return found, True


class TimeUp(Exception):
    """A statement was ended because the question has taken long enough."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Statements inside end after so long.

    Raises:
        TimeUp: one did.
    """
    if seconds <= 0:
        raise TimeUp
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            before = cursor.fetchone()[0]
            _set_timeout(cursor, f"{max(1, round(seconds * 1000))}ms")
            yield
            _set_timeout(cursor, before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TimeUp from error
        raise


def _set_timeout(cursor: Any, value: str) -> None:
    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [value])


def edges_between(
    level: str,
    sources: Iterable[Any],
    targets: Iterable[Any],
    columns: str,
    joined: str = "",
    at: dt.datetime | None = None,
) -> list[tuple[Any, ...]]:
    """Rows of `columns` of the edges `e` from one of `sources` to one of `targets`."""
    table = TABLES[Level(level)]
    alive = ALIVE if at is None else ALIVE_AT
    for name in ("ended_at", "first_seen"):
        alive = alive.replace(name, f"e.{name}")
    sql = (
        f"SELECT {columns} FROM {table.name} e {joined} "  # noqa: S608 - names of ours
        f"WHERE e.source_id = ANY(%(sources)s::{table.type}[])"
        f" AND e.target_id = ANY(%(targets)s::{table.type}[]) AND {alive}"
        " ORDER BY e.source_id, e.target_id, e.last_seen DESC, e.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"sources": list(sources), "targets": list(targets), "at": at})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def with_edges(
    level: str, nodes: Sequence[Any], direction: str, at: dt.datetime | None
) -> set[Any]:
    """Those of the nodes that have an edge in this direction."""
    names = parts(level, direction, at)
    sql = (
        "SELECT node FROM unnest(%(nodes)s::{type}[]) AS node"
        " WHERE EXISTS (SELECT FROM {table} WHERE {near} = node AND {alive})"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**names), {"nodes": list(nodes), "at": at})
        return {node for (node,) in cursor.fetchall()}
