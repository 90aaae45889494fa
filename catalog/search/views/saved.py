"""Searches that people keep: save, rename, follow, open, remove."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from catalog.search import services
from catalog.search.models import SavedSearch
from catalog.search.selectors import query_string, question_of, saved_with_news
from core.errors import Invalid


@require_http_methods(["GET", "HEAD", "POST"])
def saved_searches(request: HttpRequest) -> HttpResponse:
    """My saved searches with what is new in each; a POST keeps one more."""
    actor = request.actor  # type: ignore[attr-defined]
    context: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        given = request.POST
        try:
            services.save_search(
                name=given.get("name", ""),
                query=_canonical(given.get("query", "")),
                follow=given.get("follow") == "on",
                actor=actor,
            )
            return redirect("search:saved-searches")
        except Invalid as error:
            status = 422
            context = {
                "problem": error.problems[0] if error.problems else None,
                "error": str(error),
                "given": given,
            }
    rows = saved_with_news(actor)
    return render(request, "catalog/search/saved.html", context | {"rows": rows}, status=status)


@require_POST
def saved_search(request: HttpRequest, pk: int) -> HttpResponse:
    """`do` is open, follow, unfollow, rename or remove."""
    actor = request.actor  # type: ignore[attr-defined]
    saved = get_object_or_404(SavedSearch.objects.visible_to(actor), pk=pk)
    do = request.POST.get("do", "")
    if do == "open":
        services.mark_seen(saved=saved, actor=actor)
        return redirect(f"{reverse('search:marketplace')}?{saved.query}")
    try:
        if do == "remove":
            services.remove_search(saved=saved, actor=actor)
        elif do == "rename":
            services.update_search(saved=saved, actor=actor, name=request.POST.get("name", ""))
        elif do in {"follow", "unfollow"}:
            services.update_search(saved=saved, actor=actor, follow=do == "follow")
    except Invalid as error:
        context = {"rows": saved_with_news(actor), "error": str(error)}
        return render(request, "catalog/search/saved.html", context, status=422)
    return redirect("search:saved-searches")


def _canonical(text: str) -> str:
    """The question of an address, without what is of no use later (pages, odd values)."""
    return query_string(question_of(QueryDict(text[:4_000]), size=1))
