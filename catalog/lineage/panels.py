"""Lineage on the product page."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.lineage.selectors import Graph, neighbours
from catalog.lineage.views import drawing_context
from catalog.products.models import DataProduct


def product_lineage(request: HttpRequest, product: DataProduct) -> SafeString:
    """The Lineage tab: the drawing, two steps each way."""
    graph = _graph(request, product, depth=2)
    context = {"product": product, **drawing_context(graph)}
    return render_to_string("catalog/lineage/_product_lineage.html", context, request)


def product_neighbours(request: HttpRequest, product: DataProduct) -> SafeString:
    """The neighbours on the Overview: what it reads from and what reads it."""
    graph = _graph(request, product, depth=1)
    context = {"product": product, **drawing_context(graph)}
    return render_to_string("catalog/lineage/_neighbours.html", context, request)


def _graph(request: HttpRequest, product: DataProduct, *, depth: int) -> Graph:
    actor = request.actor  # type: ignore[attr-defined]
    return neighbours(actor=actor, node=f"product:{product.fqn}", depth=depth, first=40)
