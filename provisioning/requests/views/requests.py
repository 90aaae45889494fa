"""My requests, and one request while it happens."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from core.errors import Conflict, Invalid, InvalidTransition
from core.htmx import wants_fragment
from core.paging import keyset_page
from provisioning.jobs.policies import can_steer
from provisioning.jobs.selectors import view_of
from provisioning.jobs.views.drawing import lines_of, steps_of
from provisioning.requests import policies, selectors, services
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Request, RequestQuerySet
from provisioning.requests.states import OPEN

PAGE_SIZE = 25
LOG_LINES = 12  # the last ones; the page of the job has all
TABS = (("mine", "Mine"), ("team", "My teams"), ("all", "All I may see"))
FAILED = {  # by what was asked for
    "": "It could not be made; what was begun is undone.",
    **dict.fromkeys(
        ("update", "upgrade"), "The change did not finish; on record it is as it was before."
    ),
    "retire": "Not everything could be removed; nothing else was changed.",
}
EMPTY = {
    "mine": (
        "Nothing asked for yet",
        "What you ask for stands here, from the first click to the end.",
    ),
    "team": ("Nothing asked for yet", "What people of your teams ask for stands here."),
    "all": ("Nothing asked for yet", "Every request that you may see stands here."),
}


@require_GET
@vary_on_headers("HX-Request")
def requests(request: HttpRequest) -> HttpResponse:
    """`?tab=mine|team|all`, newest first; htmx asks again while something is open."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    tab = request.GET.get("tab", "mine")
    tab = tab if tab in dict(TABS) else "mine"
    page = keyset_page(
        _rows(actor, tab),
        order=["-number"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor"),
    )
    title, text = EMPTY[tab]
    context = {
        "rows": page.rows,
        "live": any(each.state in OPEN for each in page.rows),
        "here": request.get_full_path(),
        "older": f"?{urlencode({'tab': tab, 'cursor': page.next_cursor})}"
        if page.next_cursor
        else "",
        "tabs": [
            {"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in TABS
        ],
        "empty_title": title,
        "empty_text": text,
    }
    name = "_rows" if wants_fragment(request) else "requests"
    return render(request, f"provisioning/requests/{name}.html", context)


def _rows(actor: Actor, tab: str) -> RequestQuerySet:
    return Request.objects.visible_to(actor).with_sides().whose(tab, actor)


@require_GET
@vary_on_headers("HX-Request")
def request_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was asked, who decides, what is being made; htmx asks for the live part."""
    found = visible_request(request, pk)
    context = page_context(request, found)
    name = "_live" if wants_fragment(request) else "request"
    return render(request, f"provisioning/requests/{name}.html", context)


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraw it, or stop the work and have it undone."""
    found = visible_request(request, pk)
    services.cancel(request=found, actor=request.actor)  # type: ignore[attr-defined]
    messages.success(request, f"R-{found.number} is being cancelled.")
    return redirect(found)


@require_POST
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Tell those who have to decide once more, at most once a day."""
    found = visible_request(request, pk)
    try:
        services.remind(request=found, actor=request.actor)  # type: ignore[attr-defined]
        messages.success(request, "They hear of it again.")
    except (Invalid, InvalidTransition) as error:
        messages.error(request, str(error))
    return redirect(found)


@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form with the values of a request that came to nothing."""
    found = visible_request(request, pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policies.require_start_over(actor, found)
    try:
        return redirect(kind_of(found).again(found, actor))
    except (Conflict, InvalidTransition) as error:
        messages.error(request, str(error))
        return redirect(found)


def visible_request(request: HttpRequest, pk: UUID) -> Request:
    """The request, if the one who asks may know of it; else the same answer as for none."""
    visible = Request.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    found = (
        visible.with_sides()
        .select_related("operation")
        .prefetch_related("decisions__decided_by", "decisions__instead_of")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def page_context(request: HttpRequest, found: Request) -> dict[str, Any]:
    """Everything that the page of one request shows."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    kind = kind_of(found)
    return {
        "found": found,
        "icon": kind.icon,
        "facts": kind.facts(found),
        "links": kind.links(found),
        **_work(found, actor),
        "history": selectors.history(found),
        "failed_title": FAILED[found.subject.get("action", "")],
        "live": found.state in OPEN,
        "may_cancel": policies.can_cancel(actor, found),
        "may_amend": policies.can_amend(actor, found) and bool(kind.amend_url(found)),
        "amend_url": kind.amend_url(found),
        "may_start_over": policies.can_start_over(actor, found),
        "may_decide": policies.can_decide(actor, found),
        "approve_label": kind.approve_label(found),
        "crumbs": [
            {"label": "Requests", "url": reverse("requests:requests")},
            {"label": f"R-{found.number}"},
        ],
    }


def _work(found: Request, actor: Actor) -> dict[str, Any]:
    """Steps and log of the request's operation."""
    if found.operation is None:
        return {}
    view = view_of(found.operation)
    return {
        "steps": steps_of(view, may_retry=can_steer(actor, found.operation)),
        "done": view.done,
        "total": len(view.forward),
        "lines": lines_of(view.lines[-LOG_LINES:]),
    }
