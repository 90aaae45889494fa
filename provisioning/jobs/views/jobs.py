"""Jobs: what the reader's teams have going on; for platform engineers the whole queue."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.paging import keyset_page
from core.rendering import duration
from provisioning.jobs import policies
from provisioning.jobs.models import OperationQuerySet
from provisioning.jobs.selectors import Queue, operations_for, queue
from provisioning.jobs.states import OperationState

PAGE_SIZE = 50
SHOWN = {"": "All", "active": "Going on", "stuck": "Need an operator", "failed": "Failed"}


@require_safe
@never_cache
def jobs(request: HttpRequest) -> HttpResponse:
    """`?show=active|stuck|failed` narrows the list; `?cursor=` goes on."""
    actor = request.actor  # type: ignore[attr-defined]
    show = request.GET.get("show", "")
    show = show if show in SHOWN else ""
    page = keyset_page(
        _shown(operations_for(actor), show),
        order=["-created_at", "id"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor") or None,
    )
    following = None
    if page.next_cursor:
        said = {"show": show, "cursor": page.next_cursor}
        following = "?" + urlencode({name: value for name, value in said.items() if value})
    state = queue() if policies.can_operate(actor) else None
    context = {
        "operations": page.rows,
        "show": show,
        "choices": SHOWN.items(),
        "facts": _facts(state) if state else [],
        "queue": state,
        "pager": {"next": following, "text": f"{len(page.rows)} shown"},
    }
    return render(request, "provisioning/jobs/jobs.html", context)


def _shown(operations: OperationQuerySet, show: str) -> OperationQuerySet:
    if show == "active":
        return operations.active()
    if show == "stuck":
        return operations.stuck()
    return operations.filter(state=OperationState.FAILED) if show == "failed" else operations


def _facts(state: Queue) -> list[dict[str, Any]]:
    waits = "" if state.oldest_due is None else f"for {duration(state.now - state.oldest_due)}"
    return [
        {"label": "Due, not taken", "value": state.due, "hint": waits},
        {"label": "At work", "value": state.running, "hint": "under a lease"},
        {"label": "Resting", "value": state.resting, "hint": "until their next try"},
        {"label": "Need an operator", "value": state.stuck, "hint": "cannot be undone"},
    ]
