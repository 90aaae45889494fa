"""Edges of an answer, and how much lies just outside it."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db import connection

from accounts.actors import Actor
from catalog.lineage.engine import sql
from catalog.lineage.engine.questions import seen_ids
from catalog.lineage.selectors.shapes import DOWNSTREAM, UPSTREAM, Edge, Graph, Node
from catalog.lineage.selectors.systems import Reading
from catalog.lineage.states import Level

MOST_MORE = 100  # neighbours that are counted beside a node and a direction
JOB = "coalesce('job:' || j.namespace || ':' || j.name, '')"
WITH_JOB = "LEFT JOIN lineage_job j ON j.id = e.job_id"
SHOWN = "e.source_id, e.target_id, e.origin, e.first_seen, e.last_seen"
COLUMNS = {
    Level.PRODUCT: (f"{SHOWN}, e.via, '', NULL::boolean", ""),
    Level.DATASET: (f"{SHOWN}, {JOB}, '', NULL::boolean", WITH_JOB),
    Level.COLUMN: (f"{SHOWN}, {JOB}, e.transformation, e.masking", WITH_JOB),
}
OUTSIDE = """
SELECT inner_node, edge.node FROM unnest(%(nodes)s::{type}[]) AS inner_node
CROSS JOIN LATERAL (
    SELECT DISTINCT {far} AS node FROM {table}
    WHERE {near} = inner_node AND {alive} AND NOT {far} = ANY(%(nodes)s::{type}[])
    LIMIT %(limit)s
) AS edge
"""
Ends = tuple[Any, Any]


def edges_among(
    level: str, names: Mapping[Any, str], hidden: Collection[Any], at: dt.datetime | None
) -> tuple[list[Edge], list[Ends]]:
    """The edges between named nodes, one a pair; and pairs of a named and a hidden node.

    Cost: one SQL statement.
    """
    every = [*names, *hidden]
    columns, joined = COLUMNS[Level(level)]
    rows = sql.edges_between(level, every, every, columns, joined, at)
    known: dict[Ends, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        known[row[0], row[1]].append(row[2:])
    inner = [
        _joined(names[source], names[target], found)
        for (source, target), found in known.items()
        if source in names and target in names
    ]
    return inner, [pair for pair in known if (pair[0] in names) != (pair[1] in names)]


def _joined(source: str, target: str, rows: list[tuple[Any, ...]]) -> Edge:
    """One edge of all rows of a pair, the one seen last first; it masks where all of them do."""
    origin, _, last_seen, via, transformation, masking = rows[0]
    return Edge(
        source=source,
        target=target,
        via=via,
        origin=origin,
        transformation=next((row[4] for row in rows if row[4]), transformation),
        masking=None if masking is None else all(row[5] for row in rows),
        first_seen=min(row[1] for row in rows),
        last_seen=last_seen,
    )


def edges_to_hidden(
    pairs: Iterable[Ends], names: Mapping[Any, str], sides: Mapping[Any, str]
) -> list[Edge]:
    """Edges between visible nodes and the one that stands for the hidden ones of a side."""
    found = dict.fromkeys(
        tuple(names[end] if end in names else f"hidden:{sides[end]}" for end in pair)
        for pair in pairs
    )
    return [Edge(source, target) for source, target in found]


def more_around(
    actor: Actor,
    graph: Graph,
    nodes: Mapping[Any, Node],
    at: dt.datetime | None,
    reads: Iterable[Reading] = (),
) -> Graph:
    """The graph, each node with how many neighbours that the actor may see are not in it.

    Args:
        reads: systems that its products read.

    Cost: three SQL statements.
    """
    if not nodes:
        return graph
    asked = list(nodes)
    outside = {side: _outside(graph.level, side, asked, at) for side in (UPSTREAM, DOWNSTREAM)}
    others = {other for pairs in outside.values() for _, other in pairs}
    # with those inside, so that it costs the same where nothing lies outside
    seen = seen_ids(graph.level, actor, {*others, *asked})
    counts = {
        side: Counter(node for node, other in pairs if other in seen)
        for side, pairs in outside.items()
    }
    counts[UPSTREAM].update(_systems_outside(graph, reads))
    more = {
        node.id: {side: min(counts[side][pk], MOST_MORE) for side in (UPSTREAM, DOWNSTREAM)}
        for pk, node in nodes.items()
    }
    counted = [replace(each, more=more.get(each.id, {})) for each in graph.nodes]
    focus = replace(graph.focus, more=more.get(graph.focus.id, {}))
    return replace(graph, nodes=counted, focus=focus)


def _outside(level: str, side: str, nodes: list[Any], at: dt.datetime | None) -> list[Ends]:
    statement = OUTSIDE.format(**sql.parts(level, side, at))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"nodes": nodes, "at": at, "limit": MOST_MORE})
        rows: list[Ends] = cursor.fetchall()
    return rows


def _systems_outside(graph: Graph, reads: Iterable[Reading]) -> Counter[Any]:
    """How many operational systems, not in the graph, the products read."""
    inside = {node.system.pk for node in graph.nodes if node.system}
    pairs = {(each.product_id, each.system_id) for each in reads}
    return Counter(product for product, system in pairs if system not in inside)
