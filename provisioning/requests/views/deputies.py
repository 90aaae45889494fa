"""Who decides in my place while I am away, and in whose place I do."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import Actor
from accounts.models import User
from catalog.governance.views.forms import Field, mend_list, posted, problems_of, with_errors
from core.clock import parse_day
from core.errors import DomainError, NotAllowed
from core.problems import Problem
from provisioning.requests import services
from provisioning.requests.models import Delegation
from provisioning.requests.selectors import delegations_of

NAMES = ("to", "since", "until", "note")
PEOPLE = 200  # offered while typing; any other user name is taken as well
CRUMBS = [{"label": "Approvals", "url": "/approvals/"}, {"label": "While I am away"}]


@require_http_methods(["GET", "HEAD", "POST"])
def deputies(request: HttpRequest) -> HttpResponse:
    """Name somebody who decides in my place until a day."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method != "POST":
        return _page(request, {})
    values = posted(request.POST, NAMES)
    try:
        made = services.delegate(
            actor=actor,
            to=values["to"],
            since=parse_day(values["since"]),
            until=parse_day(values["until"]),
            note=values["note"],
        )
    except NotAllowed:
        raise
    except DomainError as error:
        return _page(request, values, problems=problems_of(error), status=error.status)
    messages.success(
        request, f"{made.to_user} decides in your place until {made.ends_at:%d %b %Y}."
    )
    return redirect("requests:deputies")


@require_POST
def end_deputy(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide oneself again, or give it back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(
        Delegation.objects.visible_to(actor).select_related("from_user", "to_user"), pk=pk
    )
    services.end_delegation(delegation=found, actor=actor)
    messages.success(request, f"{found.from_user} decides again.")
    return redirect("requests:deputies")


def _page(
    request: HttpRequest,
    values: dict[str, str],
    *,
    problems: list[Problem] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    fields = with_errors(_fields(values), problems or [])
    mine, lent = delegations_of(actor)
    people = User.objects.filter(is_active=True).exclude(pk=actor.user_id or 0)
    context: dict[str, Any] = {
        "crumbs": CRUMBS,
        "mine": mine,
        "lent": lent,
        "fields": fields,
        "mend": mend_list(fields, problems or []),
        "people": people.order_by("username").values_list("username", "display_name")[:PEOPLE],
    }
    return render(request, "provisioning/requests/deputies.html", context, status=status)


def _fields(values: dict[str, str]) -> list[Field]:
    today = timezone.now().date().isoformat()
    fields: list[Field] = [
        {"name": "to", "label": "Who", "kind": "text", "note": "user name", "required": True,
         "list_id": "people", "hint": "They see and decide what waits for you, but never what you"
                                   " or they asked for."},
        {"name": "since", "label": "From", "kind": "date", "note": "optional; else from now",
         "min": today},
        {"name": "until", "label": "Until", "kind": "date", "required": True, "min": today,
         "hint": f"To the end of that day (UTC); at most {services.LONGEST.days} days."},
        {"name": "note", "label": "Note", "kind": "text", "note": "optional"},
    ]  # fmt: skip
    return [{**each, "id": each["name"], "value": values.get(each["name"], "")} for each in fields]
