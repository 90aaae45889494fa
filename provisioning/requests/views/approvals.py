"""The inbox: what waits for me, with what I need to know beside it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from core.errors import DomainError, Invalid
from core.htmx import wants_fragment
from core.rendering import duration
from provisioning.requests import services
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Approval, Decision, Request
from provisioning.requests.views.requests import visible_request

SHOWN = 100
HOUR_S = 3600
SOON_S = 4 * HOUR_S
TABS = (("waiting", "Waiting for me"), ("decided", "Decided"))


@dataclass(frozen=True)
class Row:
    """A request in the inbox, with the side of it that is the reader's to decide."""

    found: Request
    side: Approval | None = None

    @property
    def due(self) -> dict[str, str]:
        """Words and tone of the time that is left for the decision."""
        if self.side is None or self.side.due_at is None:
            return {"label": "", "tone": ""}
        left_s = (self.side.due_at - timezone.now()).total_seconds()
        if left_s < 0:
            return {"label": f"Overdue {_rounded(-left_s)}", "tone": "bad"}
        tone = "warn" if left_s < SOON_S else ""
        return {"label": f"Due in {_rounded(left_s)}", "tone": tone}


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
        rows = _waiting(actor)
        selected = _selected(rows, str(pk)) or Row(visible_request(request, pk))
        return _inbox(request, "waiting", rows, selected, error=_said(error), note=note, status=422)
    messages.success(request, f"R-{found.number} is {'approved' if approve else 'rejected'}.")
    return redirect("requests:approvals")


@require_POST
def decide_several(request: HttpRequest) -> HttpResponse:
    """The same decision with one note on every chosen request; each stands for itself."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    decision, note = request.POST.get("decision"), request.POST.get("note", "")
    if decision not in {"approve", "reject"}:
        raise Http404
    chosen = _chosen(actor, request.POST.getlist("request"))
    if not chosen:
        messages.error(request, "Choose requests first.")
    done, refused = [], []
    for found in chosen:
        try:
            services.decide(request=found, actor=actor, approve=decision == "approve", note=note)
        except DomainError as error:
            refused.append(f"R-{found.number}: {_said(error)}")
        else:
            done.append(f"R-{found.number}")
    if done:
        word = "approved" if decision == "approve" else "rejected"
        messages.success(request, f"{', '.join(done)} {word}.")
    for text in refused:
        messages.error(request, text)
    return redirect("requests:approvals")


def _chosen(actor: Actor, ids: list[str]) -> list[Request]:
    """Those of the ids that name a request that the actor may see, at most `SHOWN`."""
    wanted = []
    for each in ids[:SHOWN]:
        with suppress(ValueError):
            wanted.append(UUID(each))
    return list(Request.objects.visible_to(actor).filter(pk__in=wanted).order_by("number"))


def _said(error: DomainError) -> str:
    """The first thing to mend, else what is wrong."""
    problems = error.problems if isinstance(error, Invalid) else []
    return problems[0].message if problems else str(error)


def _waiting(actor: Actor) -> list[Row]:
    """The requests of which a side is the actor's to decide, the most overdue first."""
    sides = Approval.objects.open_to(actor).select_related(
        "team", "request__team", "request__requester"
    )
    rows: dict[UUID, Row] = {}
    for side in sides.order_by("due_at", "id")[:SHOWN]:
        rows.setdefault(side.request_id, Row(side.request, side))
    return list(rows.values())


def _decided(actor: Actor) -> list[Row]:
    mine = Decision.objects.filter(decided_by_id=actor.user_id).values("request")
    rows = Request.objects.filter(pk__in=mine).select_related("team", "requester")
    return [Row(each) for each in rows.order_by("-decided_at")[:SHOWN]]


def _selected(rows: list[Row], wanted: str) -> Row | None:
    chosen = next((each for each in rows if str(each.found.pk) == wanted), None)
    return chosen or (rows[0] if rows else None)


def _inbox(
    request: HttpRequest,
    tab: str,
    rows: list[Row],
    selected: Row | None,
    *,
    error: str = "",
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "rows": rows,
        "selected": selected.found if selected else None,
        "tab": tab,
        "tabs": [
            {"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in TABS
        ],
        "decidable": selected is not None and selected.side is not None,
        "note": {"error": error, "value": note},
    }
    if selected is not None:
        kind = kind_of(selected.found)
        context |= {
            "facts": kind.facts(selected.found),
            "due": selected.due,
            "approve_label": kind.approve_label(selected.found),
            "decide_url": reverse("requests:decide", kwargs={"pk": selected.found.pk}),
            "decisions": selected.found.decisions.select_related("decided_by", "instead_of"),
        }
    name = "_inbox" if wants_fragment(request) else "approvals"
    return render(request, f"provisioning/requests/{name}.html", context, status=status)


def _rounded(seconds: float) -> str:
    """Whole hours from one hour on."""
    return duration(seconds if seconds < HOUR_S else seconds // HOUR_S * HOUR_S)
