"""The lineage explorer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.lineage.csv_rows import CSV_HEADER, csv_rows
from catalog.lineage.layout import draw
from catalog.lineage.models import Dataset, ProductEdge
from catalog.lineage.selectors import Graph, neighbours
from catalog.lineage.states import Direction, Level
from catalog.products.models import DataProduct
from core.csv_rows import csv_lines
from core.errors import Invalid
from core.problems import Problem

DEPTHS = (1, 2, 3, 5)
DRAWN_NODES = 120
LEVELS = ((Level.PRODUCT, "Products"), (Level.DATASET, "Datasets"), (Level.COLUMN, "Columns"))
DIRECTIONS = (
    (Direction.BOTH, "Both ways"),
    (Direction.UPSTREAM, "Upstream"),
    (Direction.DOWNSTREAM, "Downstream"),
)


@require_safe
def explorer(request: HttpRequest) -> HttpResponseBase:
    """Upstream left, downstream right of `?node=`; without a node: where to begin."""
    actor = request.actor  # type: ignore[attr-defined]
    node = request.GET.get("node", "").strip()
    if not node:
        linked = ProductEdge.objects.values("target")
        products = DataProduct.objects.visible_to(actor).filter(pk__in=linked)
        context = {"products": products.select_related("domain")[:24]}
        return render(request, "catalog/lineage/start.html", context)
    graph = neighbours(
        actor=actor,
        node=node,
        direction=request.GET.get("direction", Direction.BOTH),
        depth=_depth(request.GET.get("depth", "2")),
        level=request.GET.get("level", Level.PRODUCT),
        first=DRAWN_NODES,
        at=_end_of(request.GET.get("at", "")),
    )
    if request.GET.get("format") == "csv":
        return _csv(graph)
    return render(request, "catalog/lineage/explorer.html", _page(request, graph))


def _depth(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _end_of(text: str) -> dt.datetime | None:
    """The end of a day, UTC; None for no day."""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        problem = Problem("/at", "not-a-day", "Send a date, e.g. 2026-11-20.")
        raise Invalid("The day could not be read.", [problem]) from None
    return dt.datetime.combine(day, dt.time.max, dt.UTC)


def _csv(graph: Graph) -> HttpResponseBase:
    """What the drawing shows, as a file."""
    response = StreamingHttpResponse(
        csv_lines(CSV_HEADER, csv_rows(graph)), content_type="text/csv"
    )
    response["Content-Disposition"] = 'attachment; filename="lineage.csv"'
    return response


def _page(request: HttpRequest, graph: Graph) -> dict[str, Any]:
    query = request.GET.copy()
    query["format"] = "csv"
    return {
        **drawing_context(graph),
        "direction": request.GET.get("direction", Direction.BOTH),
        "directions": DIRECTIONS,
        "csv_url": f"?{query.urlencode()}",
    }


def drawing_context(graph: Graph) -> dict[str, Any]:
    """What the template of a drawing and its table twin need."""
    return {
        "graph": graph,
        "drawing": draw(graph.nodes, [(edge.source, edge.target) for edge in graph.edges]),
        "depths": DEPTHS,
        "levels": LEVELS if _has_levels(graph) else (),
        "upstream": [node for node in graph.nodes if node.distance < 0],
        "downstream": [node for node in graph.nodes if node.distance > 0],
        "impact": _impact(graph),
        "product_node": _product_node(graph),
    }


def _impact(graph: Graph) -> dict[str, Any]:
    """Who is reached by a change of the focus."""
    reached = [node for node in graph.nodes if node.distance > 0]
    products = {node.product.pk: node.product for node in reached if node.product}
    return {
        "products": len(products),
        "teams": len({product.owner_id for product in products.values()}),
        "steps": max((node.distance for node in reached), default=0),
    }


def _has_levels(graph: Graph) -> bool:
    """False for a system behind whose interfaces lineage knows no dataset."""
    system = graph.focus.system
    if system is None or graph.level != Level.PRODUCT:
        return True
    return Dataset.objects.filter(port=None, system_port__system=system).exists()


def _product_node(graph: Graph) -> str:
    """The focus at the level of products; "" for a dataset of neither a product nor a system."""
    if graph.focus.product is not None:
        return f"product:{graph.focus.product.fqn}"
    return f"system:{graph.focus.system.fqn}" if graph.focus.system else ""
