"""The marketplace: search, facets, chips, table or cards; everything in the address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from catalog.search.selectors import find, question_of, suggest
from catalog.search.views import listing
from catalog.search.views.listing import VIEWS, address, escapes, list_context, number
from core.htmx import wants_fragment

NEAR = 3  # letters of a text that found nothing; names that begin so are near


@require_safe
@vary_on_headers("HX-Request")
def marketplace(request: HttpRequest) -> HttpResponse:
    """Everything that can be found; htmx asks the same address for the `_results` part alone."""
    actor = request.actor  # type: ignore[attr-defined]
    query = question_of(request.GET, size=listing.PAGE_SIZE)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else VIEWS[0]
    page = find(actor, query)
    context = list_context(query, view, page, start=number(request.GET.get("from"), 1))
    if not page.rows:
        context["escapes"] = escapes(actor, query, context["chips"])
        context["suggestions"] = suggest(actor, query.text[:NEAR], begin_so=True)
    if not wants_fragment(request):
        return render(request, "catalog/search/marketplace.html", context)
    response = render(request, "catalog/search/_results.html", context | {"is_part": True})
    response["HX-Push-Url"] = address(query, view, keep_cursor=True)
    return response
