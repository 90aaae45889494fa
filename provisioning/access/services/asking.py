"""Asking for access to a port, for more time, or for something else than before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import transaction

from accounts.actors import Actor
from core import audit
from core.errors import InvalidTransition
from core.ids import uuid7
from provisioning.access.models import Grant
from provisioning.access.selectors import running_grant
from provisioning.access.services.records import note
from provisioning.access.services.wishes import (
    AccessData,
    Wish,
    refuse_second,
    wish_for,
    wish_for_longer,
)
from provisioning.access.states import AccessMode
from provisioning.requests import services as requests
from provisioning.requests.models import Request
from provisioning.requests.policies import require_amend
from provisioning.requests.selectors.routing import asked_of_people
from provisioning.requests.states import RequestKind


@transaction.atomic
def request_access(data: AccessData, *, actor: Actor) -> Request:
    """Ask to read a port, or to write it, until the end of a day; rules say who decides.

    Raises:
        Invalid: with a pointer for each thing to mend.
        Conflict: the consumer has this access, or has asked for it.
    """
    wish = wish_for(data, actor)
    return _submit(wish, f"{AccessMode(wish.mode).label} {wish.port.product.name}")


@transaction.atomic
def request_extension(
    *, grant: Grant, purpose: str, until: dt.date | None, actor: Actor
) -> Request:
    """Ask that a running grant ends on a later day; decided like a new request.

    The grant runs on as it is until then. Whoever decides after its end opens it anew.

    Raises:
        NotAllowed: the actor may not ask in the consumer's name.
        InvalidTransition: the grant is not in force.
        Invalid: with a pointer for each thing to mend.
        Conflict: more time was asked for already.
    """
    wish = wish_for_longer(grant=grant, purpose=purpose, until=until, actor=actor)
    request = _submit(wish, f"{AccessMode(wish.mode).label} {wish.port.product.name} for longer")
    said = {"request": str(request.pk), "until": wish.until.isoformat()}
    note("grant.extension-asked", grant, actor=actor.name, **said)
    return request


@transaction.atomic
def amend_access(data: AccessData, *, request: Request, actor: Actor) -> Request:
    """Ask for something else than before, while the request waits; everybody is asked again.

    The port stays. Who asks for more time changes its purpose and its day only.

    Raises:
        NotAllowed: somebody else asked for it.
        InvalidTransition: it waits no more, or what it would make longer has ended.
        Invalid: with a pointer for each thing to mend.
        Conflict: the consumer has this access, or has asked for it otherwise.
    """
    require_amend(actor, request)
    wish = _changed(data, request, actor)
    refuse_second(wish, but=request)
    return requests.amend(
        request=request,
        actor=actor,
        purpose=wish.purpose,
        parameters=wish.parameters,
        subject=wish.subject,
        route=asked_of_people(wish.ruled().route, wish.port),
    )


def _changed(data: AccessData, request: Request, actor: Actor) -> Wish:
    if "extends" not in request.subject:
        return wish_for(replace(data, port=request.parameters["port"]), actor)
    running = running_grant(request)
    if running is None:
        raise InvalidTransition("This access has ended. Withdraw this and ask for it again.")
    return wish_for_longer(grant=running, purpose=data.purpose, until=data.until, actor=actor)


def _submit(wish: Wish, title: str) -> Request:
    refuse_second(wish)
    request = requests.submit(
        kind=RequestKind.ACCESS,
        title=title,
        actor=wish.actor,
        team=wish.consumer.responsible,
        route=wish.ruled().route,
        purpose=wish.purpose,
        parameters=wish.parameters,
        subject=wish.subject,
        instance_id=uuid7(),
    )
    audit.record(
        actor=wish.actor.name,
        verb="access.requested",
        kind="port",
        object_id=wish.port.fqn,
        request=str(request.pk),
        consumer=wish.consumer.text,
        until=wish.until.isoformat(),
        mode=wish.mode,
    )
    return request
