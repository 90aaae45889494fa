"""The form that asks for more time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actors import Actor
from core.clock import parse_day
from core.errors import Conflict, Invalid, InvalidTransition
from provisioning.access import services
from provisioning.access.models import Grant
from provisioning.access.selectors import consumer_of, may_ask_for
from provisioning.access.services.judging import MAX_DAYS
from provisioning.access.views.asking import amended
from provisioning.access.views.fields import (
    LABELS,
    LONGEST_PURPOSE,
    USUAL_DAYS,
    purpose_field,
    until_field,
)
from provisioning.access.views.grants import find_grant
from provisioning.requests.models import Request

NAMES = ("purpose", "until")


@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask that a grant ends later; what was typed stays when it is refused."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    grant = find_grant(actor, pk)
    if not may_ask_for(actor, consumer_of(grant)):
        raise Http404
    if not grant.is_live:
        messages.info(request, "This access has ended. Ask for it again.")
        return redirect(grant)
    earlier = _amended(request, grant)
    if request.method == "GET":
        return _form(request, grant, _first_values(request, grant, earlier), {})
    values = {name: request.POST.get(name, "") for name in NAMES}
    try:
        asked = _sent(grant, values, earlier, actor)
    except Invalid as error:
        errors = {problem.pointer.lstrip("/"): problem.message for problem in error.problems}
        return _form(request, grant, values, errors)
    except (Conflict, InvalidTransition) as error:
        return _form(request, grant, values, {"": str(error)}, status=409)
    words = "is changed; it is asked for anew" if earlier else "asks for more time"
    messages.success(request, f"R-{asked.number} {words}.")
    return redirect(asked)


def _amended(request: HttpRequest, grant: Grant) -> Request | None:
    """The waiting request in `?amend=`, which must be for this grant."""
    found = amended(request)
    if found is not None and found.subject.get("extends") != str(grant.pk):
        raise Http404
    return found


def _sent(
    grant: Grant, values: Mapping[str, str], earlier: Request | None, actor: Actor
) -> Request:
    purpose, until = values["purpose"], parse_day(values["until"])
    if earlier is None:
        return services.request_extension(grant=grant, purpose=purpose, until=until, actor=actor)
    data = services.AccessData(grant.port.fqn, consumer_of(grant).text, purpose, until)
    return services.amend_access(data, request=earlier, actor=actor)


def _first_values(request: HttpRequest, grant: Grant, earlier: Request | None) -> dict[str, str]:
    """What was asked before; else the grant's purpose, and the usual time from its end on."""
    if earlier is not None:
        return {"purpose": earlier.purpose, "until": earlier.parameters["until"]}
    said = request.GET.get("purpose", "").replace("\0", "")[:LONGEST_PURPOSE]
    usual = grant.until.date() + dt.timedelta(days=USUAL_DAYS)
    latest = timezone.now().date() + dt.timedelta(days=MAX_DAYS)
    return {"purpose": said or grant.purpose, "until": min(usual, latest).isoformat()}


def _form(
    request: HttpRequest,
    grant: Grant,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 422,
) -> HttpResponse:
    product = grant.port.product
    first = grant.until.date() + dt.timedelta(days=1)
    context = {
        "grant": grant,
        "fields": [until_field(values, errors, first), purpose_field(values, errors)],
        "problems": [
            {"id": name if name in NAMES else "", "label": LABELS.get(name, ""), "message": text}
            for name, text in errors.items()
        ],
        "crumbs": [
            {"label": product.name, "url": product.get_absolute_url()},
            {"label": f"Access of {grant.consumer}", "url": grant.get_absolute_url()},
            {"label": "Ask for more time", "url": ""},
        ],
    }
    template = "provisioning/access/extend.html"
    return render(request, template, context, status=status if errors else 200)
