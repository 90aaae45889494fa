"""What the products room shows in pages of lower rooms."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.governance.models import Term
from catalog.products.models import DataProduct

MOST = 50


def products_of_term(request: HttpRequest, term: Term) -> SafeString:
    """The products that use a term, as far as the reader may see them. One SQL statement."""
    visible = DataProduct.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    using = visible.filter(terms=term).select_related("owner", "domain")
    products = list(using.order_by("name")[: MOST + 1])
    context = {"products": products[:MOST], "has_more": len(products) > MOST, "term": term}
    return render_to_string("catalog/products/_of_term.html", context)
