"""What I was told."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from core.paging import keyset_page
from portal import services
from portal.models import Notification
from portal.views.shared import actor_in

PAGE_SIZE = 30
MAX_IDS = 100


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """Mine, the newest first."""
    mine = Notification.objects.visible_to(actor_in(request))
    if request.GET.get("show") == "new":
        mine = mine.unread()
    cursor = request.GET.get("cursor") or None
    page = keyset_page(mine, order=["-id"], size=PAGE_SIZE, cursor=cursor)
    following = None
    if page.next_cursor:
        said = {"show": request.GET.get("show", ""), "cursor": page.next_cursor}
        following = "?" + urlencode({name: value for name, value in said.items() if value})
    context = {
        "notifications": page.rows,
        "show": request.GET.get("show", ""),
        "pager": {
            "next": following if page.next_cursor else None,
            "text": f"{len(page.rows)} shown",
        },
        "has_new": any(each.read_at is None for each in page.rows),
    }
    return render(request, "portal/notifications.html", context)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read: those in `id`, or all of mine without any."""
    ids = [int(text) for text in request.POST.getlist("id")[:MAX_IDS] if text.isdecimal()]
    services.mark_read(actor=actor_in(request), ids=ids if "id" in request.POST else None)
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    return redirect("portal:notifications")
