"""What this room hands to the extension points of the rooms below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from accounts.actors import Actor
from catalog.products.models import OutputPort
from core import panels
from provisioning.access import services
from provisioning.access.models import Grant
from provisioning.access.selectors import find_consumer, readers
from provisioning.access.views import panels as access_panels
from provisioning.blueprints import extensions as blueprints
from provisioning.jobs import extensions as jobs
from provisioning.jobs.models import Instance, Operation
from provisioning.requests import extensions as requests
from provisioning.requests.extensions import Fact, Link
from provisioning.requests.models import Request
from provisioning.requests.states import RequestKind

EXPIRE_EVERY_S = 5
REMOVE_EVERY_S = 5
DESTROY_EVERY_S = 60


class AccessRequests:
    """Requests for access to an output port."""

    name: ClassVar[str] = RequestKind.ACCESS
    icon: ClassVar[str] = "key"

    def facts(self, request: Request) -> Sequence[Fact]:
        """Who would read what, until when, and how many do already."""
        asked = request.parameters
        port = (
            OutputPort.objects.select_related("product").filter(pk=request.subject["port_id"])
        ).first()
        facts = [Fact("Port", asked["port"], "code", port.get_absolute_url() if port else "")]
        if port is not None and port.product.classification:
            facts.append(Fact("Class", port.product.classification, "stamp"))
        until = dt.date.fromisoformat(asked["until"])
        days = (until - request.created_at.date()).days + 1
        facts += [
            Fact("Reader", _reader(asked["consumer"])),
            Fact("Until", f"{_day(until)}, {days} day{'' if days == 1 else 's'}"),
        ]
        if port is not None:
            _, _, count = readers(port.product_id)
            facts.append(Fact("Readers today", f"{count} consumer{'' if count == 1 else 's'}"))
        return facts

    def approve_label(self, request: Request) -> str:
        until = dt.date.fromisoformat(request.parameters["until"])
        return f"Approve until {_day(until)}"

    def links(self, request: Request) -> Sequence[Link]:
        url = reverse("access:grant", kwargs={"pk": request.instance_id})
        return [Link("The access and how to connect", url)] if request.operation_id else []

    def again(self, request: Request, actor: Actor) -> str:
        """The form that asks for access, with the purpose as it was."""
        said = {"port": request.parameters["port"], "purpose": request.purpose}
        return f"{reverse('access:ask')}?{urlencode(said)}"

    def amend_url(self, request: Request) -> str:
        """The form that asked for it, with what it asks for now."""
        said = {"port": request.parameters["port"], "amend": str(request.pk)}
        return f"{reverse('access:ask')}?{urlencode(said)}"

    def references(self, request: Request) -> dict[str, str | None]:
        """A grant has the id that its request reserved; it exists once there is an operation."""
        product, _, _ = str(request.subject["port"]).partition("/")
        return {
            "product": product,
            "grant": str(request.instance_id) if request.operation_id else None,
        }

    def approved(self, request: Request, actor: Actor) -> Operation:
        return services.open_grant(request=request, actor=actor)

    def closed(self, request: Request) -> None:
        """Nothing was made yet."""

    def finished(self, request: Request, operation: Operation) -> None:
        """`finish_operation` has moved the grant already."""


def register() -> None:
    """Called once, when the apps are ready."""
    requests.register_kind(AccessRequests())
    jobs.on_finished(services.finish_operation)
    jobs.on_retried(services.resume_grant)
    jobs.on_secrets(services.seal_secrets)
    jobs.periodic("access-expire", EXPIRE_EVERY_S, services.expire_grants)
    jobs.periodic("access-remove", REMOVE_EVERY_S, services.remove_ended)
    jobs.periodic("access-destroy", DESTROY_EVERY_S, services.destroy_unrevealed)
    blueprints.register_users(holders_of)
    panels.register("product.action", access_panels.product_action, order=10)
    panels.register("product.access", access_panels.product_access)
    panels.register("port.access", access_panels.port_access)


def holders_of(instance: Instance) -> list[str]:
    """Who has access to a port that this instance made; one sentence for all of them."""
    port = Q(port__product__instance_id=instance.pk)
    if instance.kind == "output-port":
        port = Q(port__fqn=instance.name)
    count = Grant.objects.live().filter(port).count()
    if not count:
        return []
    return [
        "One grant of access to it is live."
        if count == 1
        else f"{count} grants of access to it are live."
    ]


def _reader(consumer: str) -> str:
    """The consumer's name; the text that was asked with, if it is gone by now."""
    found = find_consumer(consumer)
    return found.label if found else consumer


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"
