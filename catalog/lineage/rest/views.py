"""REST: events in, graph out."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.states import Scope
from catalog.lineage import services
from catalog.lineage.rest.parsers import MAX_BATCH, MAX_EVENT, read_json
from catalog.lineage.selectors import Graph, Node, neighbours
from catalog.lineage.states import Direction, Level
from core.errors import Invalid

QUESTION = [
    OpenApiParameter("nodeId", str, required=True),
    OpenApiParameter("direction", str, enum=Direction.values),
    OpenApiParameter("depth", int),
    OpenApiParameter("level", str, enum=[Level.PRODUCT, Level.DATASET]),
    OpenApiParameter("first", int),
]


class AnyBody(BaseParser):
    """Leaves the body alone: `read_json` checks size and encoding first."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return None


class Lineage(APIView):
    """GET: the graph around a node. POST: one OpenLineage event."""

    parser_classes = [AnyBody]
    write_scope = Scope.LINEAGE_WRITE

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

    @extend_schema(operation_id="lineage_event", request=OpenApiTypes.OBJECT, responses={201: None})
    def post(self, request: Request) -> Response:
        event = read_json(request, limit=MAX_EVENT)
        services.ingest(event=event, actor=actor_in(request))
        return Response(status=201)


class LineageBatch(APIView):
    """POST: many events, each on its own (the official answer shape)."""

    parser_classes = [AnyBody]
    write_scope = Scope.LINEAGE_WRITE

    @extend_schema(
        operation_id="lineage_batch",
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request) -> Response:
        events = read_json(request, limit=MAX_BATCH)
        if not isinstance(events, list):
            raise ParseError("A batch is a JSON array of events.")
        failed = []
        for index, event in enumerate(events):
            try:
                services.ingest(event=event, actor=actor_in(request))
            except Invalid as error:
                reason = "; ".join(f"{p.pointer}: {p.message}" for p in error.problems)
                failed.append({"index": index, "reason": reason, "retriable": False})
        return Response(_batch_answer(len(events), failed))


def _batch_answer(received: int, failed: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "status": "partial_success" if failed else "success",
        "summary": {
            "received": received,
            "successful": received - len(failed),
            "failed": len(failed),
            "retriable": 0,
            "non_retriable": len(failed),
        },
        "failed_events": failed,
    }


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
