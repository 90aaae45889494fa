"""A list of ports to ask for at once: one purpose, one request for each port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import Actor
from catalog.products.models import OutputPort
from core.clock import parse_day
from core.errors import Conflict, Invalid
from provisioning.access import services
from provisioning.access.selectors import Consumer, consumer_choices
from provisioning.access.states import AccessMode
from provisioning.access.views.fields import (
    LABELS,
    consumer_field,
    mode_field,
    purpose_field,
    until_field,
    usual_values,
)

KEY = "access-list"  # in the session: fqns of ports, in the order they were put there
MOST = 20  # ports
SHARED = frozenset({"consumer", "purpose", "until"})  # said once for all ports


@require_http_methods(["GET", "POST"])
def cart(request: HttpRequest) -> HttpResponse:
    """The list with its form; what could not be asked for stays on it and says why."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    ports = _ports(request, actor)
    choices = consumer_choices(actor)
    if request.method == "GET":
        return _page(request, ports, choices, usual_values(choices), {}, {})
    if not ports:
        return redirect("access:cart")
    values = {name: request.POST.get(name, "") for name in (*SHARED, "mode")}
    shared, refused, asked = _ask_for_all(ports, values, actor)
    if asked:
        messages.success(request, f"{', '.join(asked)} on the way.")
    _keep(request, [port.fqn for port in ports if port.fqn in refused])
    if not refused:
        return redirect("requests:requests")
    left = [port for port in ports if port.fqn in refused]
    return _page(request, left, choices, values, shared, refused)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put a port that the reader may see on their list."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    fqn = request.POST.get("port", "")
    port = OutputPort.objects.visible_to(actor).filter(fqn=fqn).first()
    if port is None:
        raise Http404
    listed = listed_ports(request)
    if fqn not in listed and len(listed) >= MOST:
        messages.error(request, f"The list holds {MOST} ports. Ask for those first.")
    else:
        _keep(request, [*dict.fromkeys([*listed, fqn])])
        messages.success(request, f"{port.fqn} is on your list.")
    return redirect("access:cart")


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take a port off the list."""
    fqn = request.POST.get("port", "")
    _keep(request, [each for each in listed_ports(request) if each != fqn])
    return redirect("access:cart")


def listed_ports(request: HttpRequest) -> list[str]:
    """Fqns of what is on the reader's list."""
    listed: list[str] = request.session.get(KEY, [])
    return listed


def _keep(request: HttpRequest, fqns: list[str]) -> None:
    request.session[KEY] = fqns


def _ports(request: HttpRequest, actor: Actor) -> list[OutputPort]:
    """What is on the list and can still be seen, in its order."""
    listed = listed_ports(request)
    visible = OutputPort.objects.visible_to(actor).filter(fqn__in=listed)
    found = {port.fqn: port for port in visible.select_related("product__owner")}
    return [found[fqn] for fqn in listed if fqn in found]


def _ask_for_all(
    ports: list[OutputPort], values: Mapping[str, str], actor: Actor
) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """`{shared field: error}`, `{port: why it was refused}` and the requests that are on the way.

    Each port is asked for by itself: one that is refused keeps no other from its owner.
    """
    shared: dict[str, str] = {}
    refused: dict[str, str] = {}
    asked = []
    for port in ports:
        try:
            until = parse_day(values["until"])
            data = services.AccessData(
                port=port.fqn,
                consumer=values["consumer"],
                purpose=values["purpose"],
                until=until,
                mode=values["mode"] or AccessMode.READ,
            )
            done = services.request_access(data, actor=actor)
        except Conflict as error:
            refused[port.fqn] = str(error)
        except Invalid as error:
            said = {each.pointer.lstrip("/"): each.message for each in error.problems}
            shared |= {name: text for name, text in said.items() if name in SHARED}
            own = [text for name, text in said.items() if name not in SHARED]
            refused[port.fqn] = " ".join(own)
        else:
            asked.append(f"R-{done.number}")
    return shared, refused, asked


def _page(
    request: HttpRequest,
    ports: list[OutputPort],
    choices: list[Consumer],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    refused: Mapping[str, str],
) -> HttpResponse:
    today = timezone.now().date()
    writes = [mode_field(values, errors)] if any(port.takes_writes for port in ports) else []
    context: dict[str, Any] = {
        "rows": [{"port": port, "why": refused.get(port.fqn, "")} for port in ports],
        "fields": [
            consumer_field(choices, values, errors),
            *writes,
            purpose_field(values, errors),
            until_field(values, errors, today),
        ],
        "problems": [
            {"id": name, "label": LABELS[name], "message": text} for name, text in errors.items()
        ],
        "crumbs": [{"label": "My access", "url": "/access/"}, {"label": "My list", "url": ""}],
    }
    status = 422 if errors or refused else 200
    return render(request, "provisioning/access/cart.html", context, status=status)
