"""The form that asks for access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
from core.problems import Problem
from provisioning.access import services
from provisioning.access.formats.narrow import Narrow, Shape
from provisioning.access.selectors import (
    Consumer,
    GrantTarget,
    consumer_choices,
    grant_target,
    needs_legal_basis,
    readers,
    shape_of,
)
from provisioning.access.states import AccessMode
from provisioning.access.views.cart import listed_ports
from provisioning.access.views.fields import (
    LABELS,
    LONGEST_PURPOSE,
    basis_field,
    consumer_field,
    identity_field,
    mode_field,
    purpose_field,
    until_field,
    usual_values,
)
from provisioning.access.views.narrowing import narrow_group, narrow_in
from provisioning.drivers.protocol import Ability
from provisioning.requests.models import Request
from provisioning.requests.policies import can_amend
from provisioning.requests.states import RequestKind

NAMES = ("consumer", "purpose", "until", "legal_basis", "identity", "mode")


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for access to the port in `?port=`; what was typed stays when it is refused."""
    fqn = request.GET.get("port", "")
    if not fqn:
        messages.info(request, "Choose a product first, then ask for access to one of its ports.")
        return redirect("search:marketplace")
    actor: Actor = request.actor  # type: ignore[attr-defined]
    named = ("product__owner", "product__domain", "contract_version")
    port = get_object_or_404(OutputPort.objects.visible_to(actor).select_related(*named), fqn=fqn)
    target = grant_target(port)
    narrows = target is None or target.can(Ability.NARROW)
    shape = shape_of(port) if narrows else {}
    form = _Form(request, port, target, consumer_choices(actor, but=port.product_id), shape)
    earlier = amended(request)
    if request.method == "GET" and earlier is not None:
        said = {name: earlier.parameters.get(name, "") for name in NAMES}
        narrow = earlier.parameters.get("narrow")
        return form.page(said | {"purpose": earlier.purpose}, narrow)
    if request.method == "GET":
        purpose = request.GET.get("purpose", "").replace("\0", "")[:LONGEST_PURPOSE]
        mode = request.GET.get("mode", "")
        said = {"purpose": purpose, "mode": mode if mode in AccessMode.values else ""}
        return form.page(usual_values(form.choices) | said, None)
    values = {name: request.POST.get(name, "") for name in NAMES}
    narrow = narrow_in(request.POST, form.shape)
    try:
        asked = _sent(port, values, narrow, earlier, actor)
    except Invalid as error:
        return form.page(values, narrow, error.problems, status=422)
    except Conflict as error:
        problems = [Problem("", "conflict", str(error))]
        return form.page(values, narrow, problems, status=409)
    words = "is changed; it is asked for anew" if earlier else "is on its way"
    messages.success(request, f"R-{asked.number} {words}.")
    return redirect(asked)


def amended(request: HttpRequest) -> Request | None:
    """The waiting request of the reader in `?amend=` that a form shall change."""
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
    port: OutputPort,
    values: Mapping[str, str],
    narrow: Narrow | None,
    earlier: Request | None,
    actor: Actor,
) -> Request:
    data = services.AccessData(
        port=port.fqn,
        consumer=values["consumer"],
        purpose=values["purpose"],
        until=parse_day(values["until"]),
        legal_basis=values["legal_basis"],
        narrow=narrow,
        identity=values["identity"],
        mode=values["mode"] or AccessMode.READ,
    )
    if earlier is not None:
        return services.amend_access(data, request=earlier, actor=actor)
    return services.request_access(data, actor=actor)


@dataclass(frozen=True)
class _Form:
    """The form for one port, whatever stands in it."""

    request: HttpRequest
    port: OutputPort
    target: GrantTarget | None
    choices: Sequence[Consumer]
    shape: Shape

    def page(
        self,
        values: Mapping[str, str],
        narrow: Narrow | None,
        problems: Sequence[Problem] = (),
        *,
        status: int = 200,
    ) -> HttpResponse:
        """What was typed, with what is wrong at its field."""
        strange = [each for each in problems if each.pointer.startswith("/narrow")]
        errors = {
            each.pointer.lstrip("/"): each.message for each in problems if each not in strange
        }
        _, _, consumers = readers(self.port.product_id)
        product = self.port.product
        context = {
            "port": self.port,
            "product": product,
            "fields": self._fields(values, errors),
            "narrow": narrow_group(self.shape, narrow, strange),
            "listed": len(listed_ports(self.request)),
            "problems": [_mend(each) for each in problems],
            "access": self.target and self.target.grants,
            "writable": self._is_writable,
            "consumers": consumers,
            "crumbs": [
                {"label": "Marketplace", "url": "/marketplace/"},
                {"label": product.name, "url": product.get_absolute_url()},
                {"label": "Ask for access", "url": ""},
            ],
        }
        return render(self.request, "provisioning/access/ask.html", context, status=status)

    @property
    def _is_writable(self) -> bool:
        can = self.target is not None and self.target.can(Ability.WRITE)
        return can and self.port.takes_writes

    def _fields(self, values: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
        today = timezone.now().date()
        fields = [
            consumer_field(self.choices, values, errors),
            purpose_field(values, errors),
            until_field(values, errors, today),
        ]
        if needs_legal_basis(self.port):
            fields.insert(2, basis_field(values, errors))
        if self.target is not None and self.target.grants.identity is not None:
            fields.insert(1, identity_field(self.target.grants.identity, values, errors))
        if self._is_writable:
            fields.insert(1, mode_field(values, errors))
        return fields


def _mend(problem: Problem) -> dict[str, str]:
    """A line above the form, with the field that it leads to."""
    name = problem.pointer.lstrip("/").partition("/")[0]
    field = name if name in {*NAMES, "narrow"} else ""
    return {"id": field, "label": LABELS.get(name, ""), "message": problem.message}
