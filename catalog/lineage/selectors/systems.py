"""Operational systems, which stand where lineage of products begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from catalog.lineage.selectors.rows import system_node
from catalog.lineage.selectors.shapes import Edge, Graph, Node
from catalog.lineage.states import Direction, Level
from catalog.products.models import System

MAX_READINGS = 5_000

# What owners declare, and what jobs were seen to do with the datasets behind systems.
DECLARED = """
SELECT i.product_id, i.system_id, 'declared', 'declared', NULL::timestamptz, NULL::timestamptz
FROM products_inputport i WHERE i.system_id IS NOT NULL AND {which}
"""
SEEN = """
SELECT p.product_id, behind.system_id,
       (array_agg(coalesce('job:' || j.namespace || ':' || j.name, '')
                  ORDER BY e.last_seen DESC))[1],
       (array_agg(e.origin ORDER BY e.last_seen DESC))[1], min(e.first_seen), max(e.last_seen)
FROM lineage_dataset s JOIN products_systemport behind ON behind.id = s.system_port_id
JOIN lineage_datasetedge e ON e.source_id = s.id JOIN lineage_dataset t ON t.id = e.target_id
JOIN products_outputport p ON p.id = t.port_id LEFT JOIN lineage_job j ON j.id = e.job_id
WHERE s.system_port_id IS NOT NULL AND s.port_id IS NULL AND {which} AND {alive}
GROUP BY 1, 2
"""
ALIVE = "e.ended_at IS NULL"
ALIVE_AT = "e.first_seen <= %(at)s AND (e.ended_at IS NULL OR e.ended_at > %(at)s)"


class Reading(NamedTuple):
    """A product reads a system."""

    product_id: UUID
    system_id: UUID
    via: str  # the job seen last, or how it was declared
    origin: str
    first_seen: dt.datetime | None
    last_seen: dt.datetime | None


def readings_of(products: Collection[UUID], at: dt.datetime | None) -> list[Reading]:
    """The systems that products read, seen ones first. One SQL statement."""
    which = ("p.product_id = ANY(%(ids)s::uuid[])", "i.product_id = ANY(%(ids)s::uuid[])")
    return _readings(which, products, at)


def readers_of(system: System) -> list[UUID]:
    """Ids of the products that read a system. One SQL statement."""
    which = ("behind.system_id = ANY(%(ids)s::uuid[])", "i.system_id = ANY(%(ids)s::uuid[])")
    return list(dict.fromkeys(each.product_id for each in _readings(which, [system.pk], None)))


def _readings(
    which: tuple[str, str], ids: Collection[UUID], at: dt.datetime | None
) -> list[Reading]:
    seen = SEEN.format(which=which[0], alive=ALIVE if at is None else ALIVE_AT)
    sql = f"{seen} UNION ALL {DECLARED.format(which=which[1])} LIMIT {MAX_READINGS}"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": list(ids), "at": at})
        return [Reading(*row) for row in cursor.fetchall()]


def with_systems(
    graph: Graph, direction: str, first: int, products: Mapping[Any, Node], reads: Sequence[Reading]
) -> Graph:
    """The graph with the systems that its focus and upstream products read.

    Args:
        products: the nodes of the graph by their ids.
        reads: what they read.

    Cost: one SQL statement at most.
    """
    if graph.level != Level.PRODUCT or direction == Direction.DOWNSTREAM or graph.focus.system:
        return graph
    reading = {pk: node for pk, node in products.items() if -graph.depth < node.distance <= 0}
    wanted = [each for each in reads if each.product_id in reading]
    systems = System.objects.select_related("domain", "owner")
    rows = systems.in_bulk([each.system_id for each in wanted]) if wanted else {}
    found: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    there = (each for each in wanted if each.system_id in rows)  # not deleted just now
    for each in sorted(there, key=lambda each: rows[each.system_id].fqn):
        reader = reading[each.product_id]
        node = system_node(rows[each.system_id], reader.distance - 1)
        known = found.setdefault(node.id, node)
        if node.distance > known.distance:  # nearer to the focus
            found[node.id] = node
        edges.setdefault((node.id, reader.id), _edge(each, node, reader))
    room = max(0, first + 1 - len(graph.nodes))
    kept = dict(list(found.items())[:room])
    return replace(
        graph,
        nodes=[*graph.nodes, *kept.values()],
        edges=[*graph.edges, *(edge for edge in edges.values() if edge.source in kept)],
        total_nodes=graph.total_nodes + len(found),
        truncated=graph.truncated or len(found) > room,
    )


def _edge(reading: Reading, system: Node, reader: Node) -> Edge:
    return Edge(
        system.id,
        reader.id,
        reading.via,
        reading.origin,
        first_seen=reading.first_seen,
        last_seen=reading.last_seen,
    )
