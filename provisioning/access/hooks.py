"""What this room hands to the extension points of the rooms below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from accounts.actors import Actor
from catalog.lineage import extensions as lineage
from catalog.products.models import OutputPort
from core import panels
from provisioning.access import services
from provisioning.access.formats.narrow import narrow_in_words
from provisioning.access.models import Grant
from provisioning.access.selectors import (
    background_of,
    extended_grant,
    find_consumer,
    grant_id_of,
    running_grant,
)
from provisioning.access.selectors.consuming import GrantedConsumers
from provisioning.access.states import LegalBasis
from provisioning.access.views import panels as access_panels
from provisioning.blueprints import extensions as blueprints
from provisioning.jobs import extensions as jobs
from provisioning.jobs.extensions import CatchUp
from provisioning.jobs.models import Instance, Operation
from provisioning.requests import extensions as requests
from provisioning.requests.extensions import Fact, Link
from provisioning.requests.models import Request
from provisioning.requests.states import RequestKind

EXPIRE_EVERY_S = 5
REMOVE_EVERY_S = 5
DESTROY_EVERY_S = 60
REMIND_EVERY_S = 600
LEAVERS_EVERY_S = 30
ROTATE_EVERY_S = 60
WITHDRAW_EVERY_S = 60
SEE_EVERY_S = 5
NAMED = 3  # policies that are named


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
        facts += [
            Fact("Reader", _reader(asked["consumer"])),
            *([Fact("Asks to", "Read and write")] if asked.get("mode") == "write" else []),
            Fact("Until", _until(request)),
            *_running(request),
            *(Fact("Only", line) for line in narrow_in_words(asked.get("narrow", {}))),
        ]
        if asked.get("identity"):
            facts.append(Fact("Identity", asked["identity"], "code"))
        if asked.get("legal_basis"):
            facts.append(Fact("Legal basis", str(LegalBasis(asked["legal_basis"]).label)))
        return [*facts, *(_background(request, port) if port is not None else ())]

    def approve_label(self, request: Request) -> str:
        until = dt.date.fromisoformat(request.parameters["until"])
        what = "Approve writing" if request.parameters.get("mode") == "write" else "Approve"
        return f"{what} until {_day(until)}"

    def links(self, request: Request) -> Sequence[Link]:
        grant = grant_id_of(request)
        return [Link("The access and how to connect", _grant_url(grant))] if grant else []

    def again(self, request: Request, actor: Actor) -> str:
        """The form that asked for it, with the purpose as it was."""
        if running_grant(request) is not None:
            said = urlencode({"purpose": request.purpose})
            return f"{_longer_url(request)}?{said}"
        asked = {"port": request.parameters["port"], "purpose": request.purpose}
        said = urlencode({**asked, "mode": request.parameters.get("mode", "read")})
        return f"{reverse('access:ask')}?{said}"

    def amend_url(self, request: Request) -> str:
        """The form that asked for it, with what it asks for now."""
        if "extends" in request.subject:
            return f"{_longer_url(request)}?{urlencode({'amend': str(request.pk)})}"
        said = urlencode({"port": request.parameters["port"], "amend": str(request.pk)})
        return f"{reverse('access:ask')}?{said}"

    def references(self, requests: Sequence[Request]) -> list[dict[str, str | None]]:
        """Which grant each made, or made longer; None before it did."""
        return [_made(each) for each in requests]

    def approved(self, request: Request, actor: Actor) -> Operation:
        return services.open_grant(request=request, actor=actor)

    def closed(self, request: Request) -> None:
        """Nothing was made; a grant that was to run longer ends as it would have."""
        grant = extended_grant(request)
        if grant is not None:
            services.note(
                "grant.extension-closed", grant, request=str(request.pk), state=request.state
            )

    def finished(self, request: Request, operation: Operation) -> None:
        """`finish_operation` has moved the grant already."""


def _made(request: Request) -> dict[str, str | None]:
    product, _, _ = str(request.subject["port"]).partition("/")
    grant = grant_id_of(request)
    return {"product": product, "grant": str(grant) if grant else None}


def register() -> None:
    """Called once, when the apps are ready."""
    requests.register_kind(AccessRequests())
    jobs.on_finished(services.finish_operation)
    jobs.on_retried(services.resume_grant)
    jobs.on_secrets(services.seal_secrets)
    jobs.periodic("access-expire", EXPIRE_EVERY_S, services.expire_grants)
    jobs.periodic("access-remove", REMOVE_EVERY_S, services.remove_ended)
    jobs.periodic("access-destroy", DESTROY_EVERY_S, services.destroy_unrevealed)
    jobs.periodic("access-remind", REMIND_EVERY_S, services.remind_of_ends)
    jobs.periodic("access-leavers", LEAVERS_EVERY_S, services.drop_leavers)
    jobs.periodic("access-rotate", ROTATE_EVERY_S, services.rotate_due)
    jobs.periodic("access-withdraw", WITHDRAW_EVERY_S, services.withdraw_previous)
    jobs.periodic("access-seen", SEE_EVERY_S, services.note_connected, catch_up=CatchUp.SKIP)
    blueprints.register_users(holders_of)
    lineage.add_consumers(GrantedConsumers())
    panels.register("product.action", access_panels.product_action, order=10)
    panels.register("product.access", access_panels.product_access)
    panels.register("port.access", access_panels.port_access)
    panels.register("port.rows", access_panels.port_rows)
    panels.register("check.examples", access_panels.check_examples)
    panels.register("check.query", access_panels.check_query)


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


def _grant_url(grant: UUID) -> str:
    return reverse("access:grant", kwargs={"pk": grant})


def _longer_url(request: Request) -> str:
    return reverse("access:extend", kwargs={"pk": request.subject["extends"]})


def _until(request: Request) -> str:
    until = dt.date.fromisoformat(request.parameters["until"])
    days = (until - request.created_at.date()).days + 1
    return f"{_day(until)}, {days} day{'' if days == 1 else 's'}"


def _background(request: Request, port: OutputPort) -> list[Fact]:
    """Who reads already, how others were decided, and whether the product keeps its policies."""
    known = background_of(port, request)
    readers = f"{known.consumers} consumer{'' if known.consumers == 1 else 's'}"
    facts = [Fact("Readers today", readers)]
    if known.approved or known.rejected:
        said = f"{known.approved} approved, {known.rejected} rejected for this port"
        facts.append(Fact("Decided before", said))
    if known.checked:
        broken = ", ".join(known.violated[:NAMED])
        more = len(known.violated) - NAMED
        kept = f"not kept: {broken}{f' and {more} more' if more > 0 else ''}"
        said = kept if known.violated else f"all {known.checked} kept"
        facts.append(Fact("Policies", said, url=port.product.get_absolute_url()))
    return facts


def _running(request: Request) -> list[Fact]:
    """What a request for more time is about."""
    grant = extended_grant(request)
    if grant is None:
        return []
    since, until = _day(grant.starts_at.date()), _day(grant.until.date())
    said = f"in force {since} to {until}" if grant.is_live else f"ended {until}"
    return [Fact("Access so far", said, url=grant.get_absolute_url())]


def _reader(consumer: str) -> str:
    """The consumer's name; the text that was asked with, if it is gone by now."""
    found = find_consumer(consumer)
    return found.label if found else consumer


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"
