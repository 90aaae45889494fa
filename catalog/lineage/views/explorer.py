"""The lineage explorer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.lineage.layout import draw
from catalog.lineage.models import ProductEdge
from catalog.lineage.selectors import Graph, neighbours
from catalog.lineage.states import Direction, Level
from catalog.products.models import DataProduct

DEPTHS = (1, 2, 3, 5)
DRAWN_NODES = 120
LEVELS = ((Level.PRODUCT, "Products"), (Level.DATASET, "Datasets"))


@require_safe
def explorer(request: HttpRequest) -> HttpResponse:
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
    )
    return render(request, "catalog/lineage/explorer.html", drawing_context(graph))


def _depth(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def drawing_context(graph: Graph) -> dict[str, Any]:
    """What the template of a drawing and its table twin need."""
    return {
        "graph": graph,
        "drawing": draw(graph.nodes, [(edge.source, edge.target) for edge in graph.edges]),
        "depths": DEPTHS,
        "levels": LEVELS,
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


def _product_node(graph: Graph) -> str:
    """The focus at the level of products; "" for a dataset that no product offers."""
    product = graph.focus.product
    return f"product:{product.fqn}" if product else ""
