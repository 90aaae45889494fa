"""REST: questions about lineage."""

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.lineage.rest import answers
from catalog.lineage.rest.events import Posting
from catalog.lineage.rest.parameters import (
    AT,
    CURSOR,
    DEPTH,
    FIRST,
    LEVEL,
    NODE,
    PAGE_SIZE,
    moment_in,
    node_in,
    number_in,
    within,
)
from catalog.lineage.rest.shapes import (
    CSV_HEADER,
    cell_row,
    cycles_as_json,
    edge_as_json,
    graph_as_json,
    impact_as_json,
    node_as_json,
    sources_as_json,
)
from catalog.lineage.selectors import (
    all_rows,
    cycles_of_products,
    impact,
    neighbours,
    orphans,
    path_between,
    sources_of,
)
from catalog.lineage.states import Direction, Level
from core.csv_rows import CsvRenderer, csv_response, wants_csv
from core.openapi import page_of
from core.rest import page_response, page_size

DEFAULT_DEPTH = 3
DIRECTION = OpenApiParameter("direction", str, enum=Direction.values)


class Lineage(Posting):
    """The graph around a node; and where OpenLineage events go."""

    @extend_schema(
        operation_id="lineage",
        parameters=[NODE, DIRECTION, DEPTH, LEVEL, FIRST, AT],
        responses={200: answers.GRAPH},
    )
    def get(self, request: Request) -> Response:
        """The graph around a node."""
        query: Any = request.query_params
        graph = neighbours(
            actor=actor_in(request),
            node=node_in(query),
            direction=query.get("direction", Direction.BOTH),
            depth=number_in(query, "depth", DEFAULT_DEPTH),
            level=query.get("level", Level.PRODUCT),
            first=within(query, "first", 200, 200),
            at=moment_in(query, "at"),
        )
        return Response(graph_as_json(graph))


class LineageImpact(APIView):
    """Whom a change of a node reaches."""

    renderer_classes = [JSONRenderer, CsvRenderer]

    @extend_schema(
        operation_id="lineage_impact",
        parameters=[NODE, LEVEL, DEPTH, FIRST, CURSOR, AT],
        responses={200: answers.IMPACT, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Products downstream, nearest first, with owners, consumers by grant, and totals.

        Without `depth` everything; up to 5,000 rows in one answer (`first`). As CSV
        (`Accept: text/csv` or `?format=csv`): every row.
        """
        query: Any = request.query_params
        asked: Any = {
            "actor": actor_in(request),
            "node": node_in(query),
            "level": query.get("level", ""),
            "depth": number_in(query, "depth", None),
            "at": moment_in(query, "at"),
        }
        if wants_csv(request):
            return csv_response("impact", CSV_HEADER, map(cell_row, all_rows(**asked)))
        found = impact(
            **asked, first=within(query, "first", 200, 5_000), cursor=query.get("cursor")
        )
        following = None
        if found.next_cursor is not None:
            changed = query.copy()
            changed["cursor"] = found.next_cursor
            following = request.build_absolute_uri(f"{request.path}?{changed.urlencode()}")
        return Response(impact_as_json(found, following))


class LineagePath(APIView):
    """How data comes from one node to another."""

    @extend_schema(
        operation_id="lineage_path",
        parameters=[
            OpenApiParameter(
                "from", str, required=True, description="id of the node where it begins"
            ),
            OpenApiParameter("to", str, required=True, description="id of the node where it ends"),
            *(LEVEL, AT),
        ],
        responses={200: answers.PATH},
    )
    def get(self, request: Request) -> Response:
        """One shortest path downstream; `path` is null where there is none."""
        query: Any = request.query_params
        found = path_between(
            actor=actor_in(request),
            start=node_in(query, "from"),
            end=node_in(query, "to"),
            level=query.get("level", Level.PRODUCT),
            at=moment_in(query, "at"),
        )
        if found is None:
            return Response({"path": None})
        nodes = [node_as_json(node) for node in found.nodes]
        edges = [edge_as_json(edge, found.level) for edge in found.edges]
        return Response({"path": {"level": found.level, "nodes": nodes, "edges": edges}})


class LineageSources(APIView):
    """Where data begins."""

    @extend_schema(
        operation_id="lineage_sources",
        parameters=[NODE, LEVEL, FIRST, AT],
        responses={200: answers.SOURCES},
    )
    def get(self, request: Request) -> Response:
        """The nodes upstream into which nothing leads, nearest first."""
        query: Any = request.query_params
        found = sources_of(
            actor=actor_in(request),
            node=node_in(query),
            level=query.get("level", Level.PRODUCT),
            first=within(query, "first", 200, 200),
            at=moment_in(query, "at"),
        )
        return Response(sources_as_json(found))


class LineageOrphans(APIView):
    """What has no lineage at all."""

    @extend_schema(
        operation_id="lineage_orphans",
        parameters=[
            OpenApiParameter("level", str, enum=[Level.DATASET, Level.PRODUCT]),
            *(PAGE_SIZE, CURSOR),
        ],
        responses={200: page_of(answers.NODE)},
    )
    def get(self, request: Request) -> Response:
        """Datasets or products without any edge."""
        query: Any = request.query_params
        page = orphans(
            actor=actor_in(request),
            level=query.get("level", Level.DATASET),
            size=page_size(request),
            cursor=query.get("cursor"),
        )
        return page_response(request, page, [node_as_json(node) for node in page.rows])


class LineageCycles(APIView):
    """Products that read one another in a circle."""

    @extend_schema(
        operation_id="lineage_cycles", parameters=[FIRST], responses={200: answers.CYCLES}
    )
    def get(self, request: Request) -> Response:
        """Sets of products that all reach one another, the largest first."""
        found = cycles_of_products(
            actor=actor_in(request), first=within(request.query_params, "first", 50, 200)
        )
        return Response(cycles_as_json(found))
