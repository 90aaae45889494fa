"""A lineage graph as rows for a spreadsheet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from catalog.lineage.selectors import Graph, Node

CSV_HEADER = (
    "id",
    "kind",
    "name",
    "direction",
    "steps",
    "product",
    "owner",
    "domain",
    "status",
    "score",
    "read_from",
)


def csv_rows(graph: Graph) -> Iterator[list[Any]]:
    """One row per node, nearest first; `read_from` holds the ids that lead to it in one step."""
    sources = defaultdict(list)
    for edge in graph.edges:
        sources[edge.target].append(edge.source)
    for node in sorted(
        graph.nodes, key=lambda node: (abs(node.distance), node.distance, node.name)
    ):
        product, owned = node.product, node.product or node.system
        yield [
            node.id,
            node.kind,
            node.name,
            _direction(node.distance),
            abs(node.distance),
            product.fqn if product else None,
            owned.owner.slug if owned else None,
            owned.domain.path if owned else None,
            product.status if product else None,
            product.quality_score if product else None,
            " ".join(dict.fromkeys(sources[node.id])),
        ]


def _place(node: Node) -> tuple[int, int, str]:
    return abs(node.distance), node.distance, node.name


def _direction(distance: int) -> str:
    if distance == 0:
        return "focus"
    return "upstream" if distance < 0 else "downstream"
