"""What exists, who owns it, and every effect of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.paging import keyset_page
from provisioning.jobs import policies, services
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.selectors import orphans_for, resources_for

PAGE_SIZE = 50
SHOWN = 50  # operations and effects of one resource


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


@require_safe
def resource(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """What it is, whose, what was done to it, and every object of it that is there."""
    actor = request.actor  # type: ignore[attr-defined]
    instance = get_object_or_404(
        Instance.objects.visible_to(actor).select_related("owner", "domain"), pk=instance_id
    )
    operations = list(instance.operations.order_by("-created_at", "pk")[:SHOWN])
    effects = list(instance.effects.filter(removed_at=None)[: SHOWN + 1])
    label, tone = instance.look
    context = {
        "instance": instance,
        "may_repair": bool(instance.drift) and policies.can_repair(actor, instance),
        "label": label,
        "tone": tone,
        "operations": operations,
        "effects": effects[:SHOWN],
        "more": len(effects) > SHOWN,
        "broken_off": _broken_off(instance, operations),
        "crumbs": [{"label": "Resources", "url": "/resources/"}, {"label": instance.name}],
    }
    return render(request, "provisioning/jobs/resource.html", context)


def _broken_off(instance: Instance, operations: list[Operation]) -> dict[str, Any] | None:
    """The job that ended before the resource was as it asked, if the last one did."""
    last = operations[0] if operations else None
    is_behind = instance.observed_generation < instance.generation
    if last is None or not last.is_finished or not is_behind or instance.observed_state == "absent":
        return None
    return {"operation": last, "generation": instance.observed_generation}
