"""The live page of an operation, and what people may do there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from core.errors import Invalid
from core.htmx import wants_fragment
from provisioning.jobs import policies, services
from provisioning.jobs.models import Operation, OperationLog
from provisioning.jobs.selectors import OperationView, left_over, operations_for, view_of
from provisioning.jobs.states import REMOVALS, TERMINAL, OperationState
from provisioning.jobs.views.drawing import facts_of, lines_of, links_of, steps_of

DOWNLOAD_LINES = 10_000


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def operation(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The page; htmx asks `?after=<log id>&rev=<revision>` for what changed since."""
    found = _visible(request, operation_id)
    after = request.GET.get("after", "0")
    view = view_of(found, after=int(after) if after.isdecimal() else 0)
    context = _context(request, view)
    if wants_fragment(request):
        context["changed"] = request.GET.get("rev") != view.revision
        return render(request, "provisioning/jobs/_live.html", context)
    return render(request, "provisioning/jobs/operation.html", context)


@require_safe
def log(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The log as a text file."""
    found = _visible(request, operation_id)
    lines = OperationLog.objects.filter(operation=found)[:DOWNLOAD_LINES]
    text = "".join(f"{line.at:%Y-%m-%dT%H:%M:%SZ} {line.source}: {line.text}\n" for line in lines)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="operation-{found.pk}.log"'
    return response


@require_POST
def cancel(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Stop and undo."""
    found = _visible(request, operation_id)
    services.request_cancel(operation=found, actor=request.actor)  # type: ignore[attr-defined]
    messages.info(request, "Cancelling: the step at work ends first, then all is undone.")
    return redirect("jobs:operation", operation_id=found.pk)


@require_POST
def retry(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Try again now, or as a new operation."""
    found = _visible(request, operation_id)
    repeated = services.retry(operation=found, actor=request.actor)  # type: ignore[attr-defined]
    return redirect("jobs:operation", operation_id=repeated.pk)


@require_POST
def abandon(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """End a job that cannot be undone."""
    found = _visible(request, operation_id)
    actor = request.actor  # type: ignore[attr-defined]
    reason = request.POST.get("reason", "")
    try:
        services.abandon(operation=found, actor=actor, reason=reason)
    except Invalid as error:
        context = _context(request, view_of(found))
        context |= {"reason": reason, "reason_error": error.problems[0].message}
        return render(request, "provisioning/jobs/operation.html", context, status=error.status)
    messages.warning(request, "Given up. What is left in the target stands on this page.")
    return redirect("jobs:operation", operation_id=found.pk)


def _visible(request: HttpRequest, operation_id: UUID) -> Operation:
    actor = request.actor  # type: ignore[attr-defined]
    found: Operation = get_object_or_404(operations_for(actor), pk=operation_id)
    return found


def _left(operation: Operation) -> list[dict[str, str]]:
    """What an operator has to know of the target."""
    if operation.needs_operator:
        return left_over(operation)
    found: list[dict[str, str]] = operation.result.get("left_over", [])
    return found


def _context(request: HttpRequest, view: OperationView) -> dict[str, Any]:
    operation = view.operation
    may_steer = policies.can_steer(request.actor, operation)  # type: ignore[attr-defined]
    ended = operation.state in TERMINAL
    steps = steps_of(view, may_retry=may_steer)
    error_text = operation.error_text if ended else ""
    stoppable = operation.kind not in REMOVALS and operation.state != OperationState.COMPENSATING
    return {
        "view": view,
        "operation": operation,
        "ended": ended,
        "changed": True,
        "may_cancel": may_steer and not ended and stoppable and not operation.cancel_requested_at,
        "facts": facts_of(view),
        "steps": steps,
        "unplaced_error": "" if any(step.get("error") for step in steps) else error_text,
        "lines": lines_of(view.lines),
        "links": links_of(operation),
        "left": _left(operation),
        "may_abandon": operation.needs_operator and policies.can_operate(request.actor),  # type: ignore[attr-defined]
        "crumbs": [{"label": "Resources", "url": "/resources/"}, {"label": operation.title}],
    }
