"""REST: the graph around a node."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import actor_in
from catalog.lineage.rest.events import Posting
from catalog.lineage.selectors import Graph, Node, neighbours
from catalog.lineage.states import Direction, Level

QUESTION = [
    OpenApiParameter("nodeId", str, required=True),
    OpenApiParameter("direction", str, enum=Direction.values),
    OpenApiParameter("depth", int),
    OpenApiParameter("level", str, enum=[Level.PRODUCT, Level.DATASET]),
    OpenApiParameter("first", int),
]


class Lineage(Posting):
    """GET: the graph around a node. POST: one OpenLineage event."""

    @extend_schema(operation_id="lineage", parameters=QUESTION, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        query = request.query_params
        graph = neighbours(
            actor=actor_in(request),
            node=query.get("nodeId", ""),
            direction=query.get("direction", Direction.BOTH),
            depth=_number(query.get("depth", "3")),
            level=query.get("level", Level.PRODUCT),
            first=min(max(_number(query.get("first", "200")), 1), 200),
        )
        return Response(as_json(graph))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def as_json(graph: Graph) -> dict[str, Any]:
    """INTERFACE §4: nodes, edges, total_nodes, truncated."""
    return {
        "nodes": [_node(node) for node in graph.nodes],
        "edges": [
            {"source": edge.source, "target": edge.target, "via": edge.via or None}
            for edge in graph.edges
        ],
        "total_nodes": graph.total_nodes,
        "truncated": graph.truncated,
    }


def _node(node: Node) -> dict[str, Any]:
    product, owned = node.product, node.product or node.system
    return {
        "id": node.id,
        "kind": node.kind,
        "name": node.name,
        "distance": abs(node.distance),
        "side": "upstream" if node.distance < 0 else "downstream" if node.distance else "focus",
        "product": product.fqn if product else None,
        "owner": owned.owner.slug if owned else None,
    }
