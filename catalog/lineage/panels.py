"""Lineage on the product page."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.lineage.selectors import direct_neighbours, impact, neighbours
from catalog.lineage.selectors.classes import derived_classes
from catalog.lineage.selectors.columns import column_lineage
from catalog.lineage.selectors.impact import totals_of
from catalog.lineage.views.explorer import drawing_context
from catalog.products.models import DataProduct, OutputPort

ENDING_SHOWN = 20  # products in the dialog


def product_lineage(request: HttpRequest, product: DataProduct) -> SafeString:
    """The Lineage tab: the drawing, two steps each way."""
    actor = request.actor  # type: ignore[attr-defined]
    node = f"product:{product.fqn}"
    graph = neighbours(actor=actor, node=node, depth=2, first=40)
    context = {
        "product": product,
        **drawing_context(graph),
        "totals": totals_of(actor, node),
        "impact_url": f"{reverse('rest:lineage-impact')}?{urlencode({'nodeId': node})}",
    }
    return render_to_string("catalog/lineage/_product_lineage.html", context, request)


def product_classes(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """Above the Schema tab, for those who can mend it: columns whose class is too low."""
    gaps = derived_classes(request.actor, [product.pk])  # type: ignore[attr-defined]
    if not gaps:
        return None
    return render_to_string("catalog/lineage/_classes.html", {"gaps": gaps[product.pk]}, request)


def port_columns(request: HttpRequest, port: OutputPort) -> SafeString | None:
    """Below the columns of a port: what they are made from."""
    return _columns(request, [port])


def product_columns(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """Below the Schema tab: what the columns of all ports are made from."""
    return _columns(request, product.output_ports.all())


def _columns(request: HttpRequest, ports: Iterable[OutputPort]) -> SafeString | None:
    ways = column_lineage(request.actor, ports)  # type: ignore[attr-defined]
    if not ways:
        return None
    tables = len({each.dataset for each in ways})
    context = {"ways": ways, "names_tables": tables > 1}
    return render_to_string("catalog/lineage/_column_ways.html", context, request)


def product_impact(request: HttpRequest, product: DataProduct) -> SafeString:
    """Before a product ends: who reads it, and what is made from it."""
    actor = request.actor  # type: ignore[attr-defined]
    found = impact(actor=actor, node=f"product:{product.fqn}", first=ENDING_SHOWN + 1)
    own = [row for row in found.rows if row.distance == 0]
    query = urlencode({"nodeId": f"product:{product.fqn}", "format": "csv"})
    context = {
        "rows": [row for row in found.rows if row.distance > 0][:ENDING_SHOWN],
        "totals": found.totals,
        "consumers": [one for row in own for one in row.consumers.named],
        "others": sum(row.consumers.others for row in own),
        "csv_url": f"{reverse('rest:lineage-impact')}?{query}",
    }
    return render_to_string("catalog/lineage/_ending.html", context, request)


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
