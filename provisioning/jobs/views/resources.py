"""What exists, who owns it, and every effect of it."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.paging import keyset_page
from provisioning.jobs import policies, services
from provisioning.jobs.models import Instance
from provisioning.jobs.selectors import orphans_for, resources_for

PAGE_SIZE = 50


@require_POST
def repair(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """Make the target as the ledger says."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(Instance.objects.visible_to(actor), pk=instance_id)
    operation = services.repair(instance=found, actor=actor)
    return redirect("jobs:operation", operation_id=operation.pk)


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
        "instances": [
            {"row": row, "may_repair": bool(row.drift) and policies.can_repair(actor, row)}
            for row in page.rows
        ],
        "orphans": orphans_for(actor),
        "show_all": show_all,
        "pager": {"next": following, "text": f"{len(page.rows)} shown"},
    }
    return render(request, "provisioning/jobs/resources.html", context)
