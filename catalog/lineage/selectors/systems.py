"""Operational systems, which stand where lineage of products begins."""

from __future__ import annotations

from dataclasses import replace

from catalog.lineage.selectors.rows import system_node
from catalog.lineage.selectors.shapes import Edge, Graph, Node
from catalog.lineage.states import Direction, Level
from catalog.products.models import InputPort

MAX_INPUTS = 5_000


def with_systems(graph: Graph, direction: str, first: int) -> Graph:
    """The graph with the systems that its focus and upstream products read.

    Cost: one SQL statement.
    """
    if graph.level != Level.PRODUCT or direction == Direction.DOWNSTREAM or graph.focus.system:
        return graph
    reading = {
        node.product.pk: node
        for node in graph.nodes
        if node.product and -graph.depth < node.distance <= 0
    }
    inputs = InputPort.objects.filter(product__in=reading, system__isnull=False)
    found: dict[str, Node] = {}
    edges = []
    rows = inputs.select_related("system__domain", "system__owner").order_by("system__fqn", "pk")
    for each in rows[:MAX_INPUTS]:
        if each.system is None:
            continue
        reader = reading[each.product_id]
        node = system_node(each.system, reader.distance - 1)
        known = found.setdefault(node.id, node)
        if node.distance > known.distance:  # nearer to the focus
            found[node.id] = node
        edges.append(Edge(node.id, reader.id, "declared", "declared"))
    room = max(0, first + 1 - len(graph.nodes))
    kept = dict(list(found.items())[:room])
    return replace(
        graph,
        nodes=[*graph.nodes, *kept.values()],
        edges=[*graph.edges, *dict.fromkeys(edge for edge in edges if edge.source in kept)],
        total_nodes=graph.total_nodes + len(found),
        truncated=graph.truncated or len(found) > room,
    )
