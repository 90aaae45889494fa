"""The form that asks for access."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actors import Actor
from catalog.products.models import OutputPort
from core.clock import parse_day
from core.errors import Conflict, Invalid
from provisioning.access import services
from provisioning.access.selectors import Consumer, consumer_choices, grant_target, readers
from provisioning.access.services.asking import MAX_DAYS
from provisioning.requests.models import Request
from provisioning.requests.policies import can_amend
from provisioning.requests.states import RequestKind

USUAL_DAYS = 90
LONGEST_PURPOSE = 2_000  # characters that an address may bring along
LABELS = {"port": "Port", "consumer": "For", "purpose": "Purpose", "until": "Until"}


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for access to the port in `?port=`; what was typed stays when it is refused."""
    fqn = request.GET.get("port", "")
    if not fqn:
        messages.info(request, "Choose a product first, then ask for access to one of its ports.")
        return redirect("search:marketplace")
    actor: Actor = request.actor  # type: ignore[attr-defined]
    ports = OutputPort.objects.visible_to(actor).select_related("product__owner", "product__domain")
    port = get_object_or_404(ports, fqn=fqn)
    choices = consumer_choices(actor, port)
    earlier = _amended(request)
    if request.method == "GET" and earlier is not None:
        said = {name: earlier.parameters[name] for name in ("consumer", "until")}
        return _form(request, port, choices, said | {"purpose": earlier.purpose}, {})
    if request.method == "GET":
        purpose = request.GET.get("purpose", "").replace("\0", "")[:LONGEST_PURPOSE]
        return _form(request, port, choices, _usual(choices) | {"purpose": purpose}, {})
    values = {name: request.POST.get(name, "") for name in LABELS if name != "port"}
    try:
        asked = _sent(port, values, earlier, actor)
    except Invalid as error:
        errors = {problem.pointer.lstrip("/"): problem.message for problem in error.problems}
        return _form(request, port, choices, values, errors)
    except Conflict as error:
        return _form(request, port, choices, values, {"": str(error)}, status=409)
    words = "is changed; it is asked for anew" if earlier else "is on its way"
    messages.success(request, f"R-{asked.number} {words}.")
    return redirect(asked)


def _amended(request: HttpRequest) -> Request | None:
    """The waiting request of the reader in `?amend=` that this shall change."""
    given = request.GET.get("amend", "")
    if not given:
        return None
    actor: Actor = request.actor  # type: ignore[attr-defined]
    with suppress(ValueError):
        mine = Request.objects.visible_to(actor).filter(kind=RequestKind.ACCESS)
        found = mine.filter(pk=UUID(given)).first()
        if found is not None and can_amend(actor, found):
            return found
    raise Http404


def _sent(
    port: OutputPort, values: Mapping[str, str], earlier: Request | None, actor: Actor
) -> Request:
    given: dict[str, Any] = {
        "consumer": values["consumer"],
        "purpose": values["purpose"],
        "until": parse_day(values["until"]),
        "actor": actor,
    }
    if earlier is not None:
        return services.amend_access(request=earlier, **given)
    return services.request_access(port=port.fqn, **given)


def _usual(choices: Sequence[Consumer]) -> dict[str, str]:
    until = timezone.now().date() + dt.timedelta(days=USUAL_DAYS)
    first = choices[0].text if choices else ""
    return {"consumer": first, "purpose": "", "until": until.isoformat()}


def _form(
    request: HttpRequest,
    port: OutputPort,
    choices: Sequence[Consumer],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 422,
) -> HttpResponse:
    _, _, consumers = readers(port.product_id)
    product = port.product
    context = {
        "port": port,
        "product": product,
        "fields": _fields(choices, values, errors),
        "problems": [
            {"id": name if name != "port" else "", "label": LABELS.get(name, ""), "message": text}
            for name, text in errors.items()
        ],
        "can_open": grant_target(port) is not None,
        "consumers": consumers,
        "crumbs": [
            {"label": "Marketplace", "url": "/marketplace/"},
            {"label": product.name, "url": product.get_absolute_url()},
            {"label": "Ask for access", "url": ""},
        ],
    }
    return render(
        request, "provisioning/access/ask.html", context, status=status if errors else 200
    )


def _fields(
    choices: Sequence[Consumer], values: Mapping[str, str], errors: Mapping[str, str]
) -> list[dict[str, Any]]:
    today = timezone.now().date()
    return [
        {
            "kind": "select" if len(choices) > 4 else "radio",
            "name": "consumer",
            "id": "consumer",
            "label": LABELS["consumer"],
            "note": "who will read",
            "value": values["consumer"],
            "error": errors.get("consumer"),
            "required": True,
            "options": [_option(choice) for choice in choices],
        },
        {
            "kind": "textarea",
            "name": "purpose",
            "id": "purpose",
            "label": LABELS["purpose"],
            "note": "one or two sentences",
            "hint": "Say what you will do with the data. The owner decides by it.",
            "value": values["purpose"],
            "error": errors.get("purpose"),
            "required": True,
            "rows": 3,
        },
        {
            "kind": "date",
            "name": "until",
            "id": "until",
            "label": LABELS["until"],
            "hint": f"Access ends with that day (UTC); at most {MAX_DAYS} days from now.",
            "value": values["until"],
            "error": errors.get("until"),
            "required": True,
            "min": today.isoformat(),
            "max": (today + dt.timedelta(days=MAX_DAYS)).isoformat(),
        },
    ]


def _option(consumer: Consumer) -> dict[str, str]:
    if consumer.team is not None:
        hint = "the team: each member gets a login of their own"
    elif consumer.user is not None:
        hint = "you alone"
    else:
        hint = f"a data product of {consumer.responsible}: what it makes from this"
    return {"value": consumer.text, "label": consumer.label, "hint": hint}
