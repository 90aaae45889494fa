"""Lineage on the product page."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.lineage.selectors import direct_neighbours, neighbours
from catalog.lineage.selectors.classes import derived_classes
from catalog.lineage.views.explorer import drawing_context
from catalog.products.models import DataProduct


def product_lineage(request: HttpRequest, product: DataProduct) -> SafeString:
    """The Lineage tab: the drawing, two steps each way."""
    actor = request.actor  # type: ignore[attr-defined]
    graph = neighbours(actor=actor, node=f"product:{product.fqn}", depth=2, first=40)
    context = {"product": product, **drawing_context(graph)}
    return render_to_string("catalog/lineage/_product_lineage.html", context, request)


def product_classes(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """Above the Schema tab, for those who can mend it: columns whose class is too low."""
    gaps = derived_classes(request.actor, [product.pk])  # type: ignore[attr-defined]
    if not gaps:
        return None
    return render_to_string("catalog/lineage/_classes.html", {"gaps": gaps[product.pk]}, request)


def product_neighbours(request: HttpRequest, product: DataProduct) -> SafeString:
    """The neighbours on the Overview: what it reads from and what reads it."""
    actor = request.actor  # type: ignore[attr-defined]
    reads, read_by = direct_neighbours(actor, product)
    said = urlencode({"node": f"product:{product.fqn}"})
    context = {
        "product": product,
        "reads": reads,
        "systems": getattr(product, "named_systems", None) or [],
        "read_by": read_by,
        "explorer_url": f"{reverse('lineage:explorer')}?{said}",
    }
    return render_to_string("catalog/lineage/_neighbours.html", context, request)
