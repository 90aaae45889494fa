"""Questions about lineage; every answer is bounded and holds only what the reader may see."""

from catalog.lineage.selectors.around import direct_neighbours, neighbours, reach
from catalog.lineage.selectors.impact import Impact, Row, Totals, all_rows, impact
from catalog.lineage.selectors.shapes import MAX_DEPTH, Edge, Graph, Node
from catalog.lineage.selectors.ways import (
    Cycle,
    Cycles,
    Path,
    Sources,
    cycles_of_products,
    orphans,
    path_between,
    sources_of,
)

__all__ = [
    "MAX_DEPTH",
    "Cycle",
    "Cycles",
    "Edge",
    "Graph",
    "Impact",
    "Node",
    "Path",
    "Row",
    "Sources",
    "Totals",
    "all_rows",
    "cycles_of_products",
    "direct_neighbours",
    "impact",
    "neighbours",
    "orphans",
    "path_between",
    "reach",
    "sources_of",
]
