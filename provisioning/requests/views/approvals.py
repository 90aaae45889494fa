"""The inbox: what waits for me, with what I need to know beside it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from core.errors import Invalid
from core.htmx import wants_fragment
from core.rendering import duration
from provisioning.requests import services
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Decision, Request
from provisioning.requests.states import RequestState
from provisioning.requests.views.requests import visible_request

SHOWN = 100
HOUR_S = 3600
SOON_S = 4 * HOUR_S
TABS = (("waiting", "Waiting for me"), ("decided", "Decided"))


@require_GET
@vary_on_headers("HX-Request")
def approvals(request: HttpRequest) -> HttpResponse:
    """Overdue first; `?request=<id>` selects one, `?tab=decided` looks back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    tab = "decided" if request.GET.get("tab") == "decided" else "waiting"
    rows = _decided(actor) if tab == "decided" else _waiting(actor)
    selected = _selected(rows, request.GET.get("request", ""))
    return _inbox(request, tab, rows, selected)


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve or reject with a note; a refused decision keeps the note."""
    found = visible_request(request, pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    approve = request.POST.get("decision") == "approve"
    note = request.POST.get("note", "")
    if request.POST.get("decision") not in {"approve", "reject"}:
        raise Http404
    try:
        services.decide(request=found, actor=actor, approve=approve, note=note)
    except Invalid as error:
        text = error.problems[0].message if error.problems else str(error)
        found = visible_request(request, pk)
        return _inbox(request, "waiting", _waiting(actor), found, error=text, note=note, status=422)
    messages.success(request, f"R-{found.number} is {'approved' if approve else 'rejected'}.")
    return redirect("requests:approvals")


def _waiting(actor: Actor) -> list[Request]:
    rows = Request.objects.decidable_by(actor).select_related("team", "requester", "decider")
    return list(rows.order_by(F("due_at").asc(nulls_last=True), "number")[:SHOWN])


def _decided(actor: Actor) -> list[Request]:
    mine = Decision.objects.filter(decided_by_id=actor.user_id).values("request")
    rows = Request.objects.filter(pk__in=mine).select_related("team", "requester", "decider")
    return list(rows.order_by("-decided_at")[:SHOWN])


def _selected(rows: list[Request], wanted: str) -> Request | None:
    chosen = next((each for each in rows if str(each.pk) == wanted), None)
    return chosen or (rows[0] if rows else None)


def _inbox(
    request: HttpRequest,
    tab: str,
    rows: list[Request],
    selected: Request | None,
    *,
    error: str = "",
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "rows": [{"found": each, "due": due(each)} for each in rows],
        "selected": selected,
        "tab": tab,
        "tabs": [
            {"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in TABS
        ],
        "decidable": selected is not None and selected.state == RequestState.WAITING,
        "note": {"error": error, "value": note},
    }
    if selected is not None:
        kind = kind_of(selected)
        context |= {
            "facts": kind.facts(selected),
            "due": due(selected),
            "approve_label": kind.approve_label(selected),
            "decide_url": reverse("requests:decide", kwargs={"pk": selected.pk}),
            "decisions": selected.decisions.select_related("decided_by"),
        }
    name = "_inbox" if wants_fragment(request) else "approvals"
    return render(request, f"provisioning/requests/{name}.html", context, status=status)


def due(request: Request) -> dict[str, str]:
    """Words and tone of the time that is left for a decision."""
    if request.state != RequestState.WAITING or request.due_at is None:
        return {"label": "", "tone": ""}
    left_s = (request.due_at - timezone.now()).total_seconds()
    if left_s < 0:
        return {"label": f"Overdue {_rounded(-left_s)}", "tone": "bad"}
    tone = "warn" if left_s < SOON_S else ""
    return {"label": f"Due in {_rounded(left_s)}", "tone": tone}


def _rounded(seconds: float) -> str:
    """Whole hours from one hour on."""
    return duration(seconds if seconds < HOUR_S else seconds // HOUR_S * HOUR_S)
