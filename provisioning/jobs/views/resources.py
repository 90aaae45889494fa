"""What exists, who owns it, and every effect of it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.paging import keyset_page
from provisioning.jobs.selectors import resources_for

PAGE_SIZE = 50


@require_safe
def resources(request: HttpRequest) -> HttpResponse:
    """`?show=all` also lists what was removed; `?cursor=` goes on."""
    show_all = request.GET.get("show") == "all"
    actor = request.actor  # type: ignore[attr-defined]
    page = keyset_page(
        resources_for(actor, present_only=not show_all),
        order=["-created_at", "id"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor") or None,
    )
    following = None
    if page.next_cursor:
        shown = {"show": "all"} if show_all else {}
        following = "?" + urlencode({**shown, "cursor": page.next_cursor})
    context = {
        "instances": page.rows,
        "show_all": show_all,
        "pager": {"next": following, "text": f"{len(page.rows)} shown"},
    }
    return render(request, "provisioning/jobs/resources.html", context)
