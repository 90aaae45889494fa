"""What a snapshot is made of, and what changed since, read from the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from catalog.lineage.engine.sql import TABLES
from catalog.lineage.states import Level

NOBODY = -1
EVERYBODY = -2  # as a poster: all members see the node
MOST_CHANGES = 50_000  # that a question lays over a snapshot
NO_PRODUCT = UUID(int=0)

# The cluster, its history, the database and the table as they are now: a restored one is another.
PLACE = """
SELECT (SELECT system_identifier FROM pg_control_system()),
       (SELECT timeline_id FROM pg_control_checkpoint()),
       (SELECT oid FROM pg_database WHERE datname = current_database()),
       pg_relation_filenode(%s::regclass),
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
       pg_current_xact_id_if_assigned() IS NOT NULL
"""
SIZE = "SELECT count(*) FROM (SELECT FROM {table} WHERE ended_at IS NULL LIMIT %s) AS edges"
# of each node: its product, the team that posted it, the dataset it belongs to
WITH_PORT = "LEFT JOIN products_outputport p ON p.id = d.port_id"
SOURCES = {
    Level.DATASET: f"lineage_dataset d {WITH_PORT}",
    Level.COLUMN: f"lineage_dataset d JOIN lineage_column c ON c.dataset_id = d.id {WITH_PORT}",
}
KEYS = {Level.DATASET: "d.id", Level.COLUMN: "c.id"}
CHANGED_NODES = {
    Level.DATASET: "d.change >= %(horizon)s OR d.id = ANY(%(ids)s)",
    Level.COLUMN: "d.change >= %(horizon)s OR c.id = ANY(%(ids)s)",
}
POSTER = f"""CASE WHEN d.port_id IS NULL AND d.system_port_id IS NOT NULL THEN {EVERYBODY}
ELSE coalesce(d.posted_by_id, {NOBODY}) END::bigint"""
PIECE = "d.id / 100000"  # rows that are packed together, about
CHANGED_EDGES = """
WITH touched AS (
    SELECT source_id, target_id FROM {table} WHERE change >= %(horizon)s
    UNION
    SELECT source::{type}, target::{type} FROM lineage_removededge
    WHERE level = %(level)s AND change >= %(horizon)s
)
SELECT source_id, target_id, {there} FROM touched t LIMIT %(limit)s
"""
THERE = """EXISTS (
    SELECT FROM {table} e WHERE e.source_id = t.source_id AND e.target_id = t.target_id
    AND e.ended_at IS NULL{only}
)"""


class Place(NamedTuple):
    """Which table of which database, and which transactions are over there."""

    identity: str
    horizon: int  # all earlier transactions are over
    ceiling: int  # no transaction has had this number yet
    is_writing: bool  # the present transaction has changed something


class Change(NamedTuple):
    """An edge that came, went, or both."""

    source: Any
    target: Any
    is_there: bool


@dataclass(frozen=True)
class Nodes:
    """Rows of nodes, unsorted."""

    ids: NDArray[Any]
    products: NDArray[Any]  # 16 bytes each; zeros: none
    posters: NDArray[Any]
    parents: NDArray[Any]


def place_of(level: str) -> Place:
    """Where the edges of this level stand. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(PLACE, [TABLES[Level(level)].name])
        *identity, horizon, ceiling, is_writing = cursor.fetchone()
    return Place("-".join(map(str, identity)), horizon, ceiling, is_writing)


def is_small(level: str, limit: int) -> bool:
    """True when there are at most `limit` edges."""
    with connection.cursor() as cursor:
        cursor.execute(SIZE.format(table=TABLES[Level(level)].name), [limit + 1])
        return int(cursor.fetchone()[0]) <= limit


def edges_before(level: str, horizon: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Ends of the edges that transactions before `horizon` left in the graph."""
    table = TABLES[Level(level)]
    kind = _kind(level)
    rows = _packed(
        f"{table.name} AS d",
        [("d.source_id", kind), ("d.target_id", kind)],
        f"d.ended_at IS NULL AND d.change < {int(horizon)}",
    )
    return rows["f0"], rows["f1"]


def nodes_of(level: str) -> Nodes:
    """All nodes of a level of datasets or columns."""
    kinds = (">i8", "S16", ">i8", ">i8")
    rows = _packed(SOURCES[Level(level)], list(zip(_columns(level), kinds, strict=True)))
    return Nodes(rows["f0"], rows["f1"], rows["f2"], rows["f3"])


def changed_edges(level: str, horizon: int) -> list[Change] | None:
    """Pairs that transactions since `horizon` touched, as they are now; None: too many."""
    table = TABLES[Level(level)]
    asked: dict[str, Any] = {"horizon": horizon, "level": level, "limit": MOST_CHANGES + 1}
    only = ("",) if level == Level.PRODUCT else (" AND e.job_id IS NULL", " AND e.job_id > 0")
    there = " OR ".join(THERE.format(table=table.name, only=each) for each in only)
    sql = CHANGED_EDGES.format(table=table.name, type=table.type, there=there)
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        rows = cursor.fetchall()
    return None if len(rows) > MOST_CHANGES else [Change(*row) for row in rows]


def changed_nodes(level: str, horizon: int, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    """`(id, product or NO_PRODUCT, poster, dataset)` of nodes that changed since, and of `ids`."""
    kind = Level(level)
    columns = ", ".join(_columns(level))
    sql = f"SELECT {columns} FROM {SOURCES[kind]} WHERE {CHANGED_NODES[kind]}"  # noqa: S608 - ours
    with connection.cursor() as cursor:
        cursor.execute(sql, {"horizon": horizon, "ids": list(ids)})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _columns(level: str) -> tuple[str, ...]:
    product = f"coalesce(p.product_id, '{NO_PRODUCT}')"
    return KEYS[Level(level)], product, POSTER, "d.id"


def _kind(level: str) -> str:
    """How an id stands in an array: a number, or the 16 bytes of a UUID."""
    return "S16" if level == Level.PRODUCT else ">i8"


def _packed(
    source: str, columns: Sequence[tuple[str, str]], condition: str = "TRUE"
) -> NDArray[Any]:
    """Rows of numbers and UUIDs, none of them null, packed by the database in large pieces.

    Row by row, a driver takes ten times as long as the database.
    """
    send = {">i8": "int8send", "S16": "uuid_send"}
    packed = " || ".join(f"{send[kind]}({column})" for column, kind in columns)
    row = np.dtype([(f"f{n}", kind) for n, (_, kind) in enumerate(columns)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT string_agg({packed}, ''::bytea) FROM {source}"  # noqa: S608 - ours
            f" WHERE {condition} GROUP BY {PIECE}"
        )
        pieces = [np.frombuffer(piece, row) for (piece,) in cursor.fetchall()]
    return np.concatenate(pieces) if pieces else np.empty(0, row)
