"""Incidents and lateness on the pages of products and ports."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.products.models import DataProduct
from catalog.products.states import LISTED
from catalog.quality.drawing import days_of
from catalog.quality.selectors import Surroundings, around_tab, surroundings

KEPT = "_surroundings"  # on the product, for the other panels of its page


def incident_banner(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """The one banner on top: what is wrong here, or upstream within the distance of its owners."""
    around = _around(request, product)
    if around is None or not (around.incidents or around.broken_upstream):
        return None
    context = {
        "product": product,
        "around": around,
        "said": getattr(product, "said", None),
    }
    return render_to_string("catalog/quality/_incident_banner.html", context, request)


def product_staleness(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """On the Overview and Quality tabs: why the data is stale, or will be."""
    around = _around(request, product)
    if around is None or not (around.root.is_late or around.causes):
        return None
    context = {"product": product, "around": around}
    return render_to_string("catalog/quality/_staleness.html", context, request)


def _around(request: HttpRequest, product: DataProduct) -> Surroundings | None:
    """Read once a page. Of a product that nobody relies on yet, nothing."""
    if product.status not in LISTED:
        return None
    if not hasattr(product, KEPT):
        setattr(product, KEPT, _read(request, product))
    kept: Surroundings | None = getattr(product, KEPT)
    return kept


def _read(request: HttpRequest, product: DataProduct) -> Surroundings | None:
    actor = request.actor  # type: ignore[attr-defined]
    if request.GET.get("tab") == "quality":
        return around_tab(actor, product, days=days_of(request.GET.get("days", "")))
    return surroundings(actor, [product.pk]).get(product.pk)
