"""Asking for access to a port."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.actors import Actor
from catalog.products.models import OutputPort
from core import audit
from core.clock import db_now
from core.errors import Conflict, Invalid
from core.ids import uuid7
from core.problems import Problem
from provisioning.access.models import Grant
from provisioning.access.selectors import Consumer, find_consumer, grant_target, may_ask_for
from provisioning.requests import services as requests
from provisioning.requests.models import Request
from provisioning.requests.states import RequestKind, RequestState

MIN_PURPOSE, MAX_PURPOSE = 10, 2000  # characters
MAX_DAYS = 366


@transaction.atomic
def request_access(
    *, port: str, consumer: str, purpose: str, until: dt.date | None, actor: Actor
) -> Request:
    """Ask that `consumer` may read `port` until the end of a day; its owner team decides.

    Args:
        port: fqn of an output port.
        consumer: `team:<slug>`, `user:<name>` or `product:<fqn>`.
        until: the last day of access, UTC; None is a problem of its own.

    Raises:
        Invalid: with a pointer for each thing to mend.
        Conflict: the consumer has this access, or has asked for it.
    """
    found = _lock_port(port, actor)
    reader = find_consumer(consumer)
    problems = [
        *_port_problems(found),
        *_consumer_problems(reader, found, actor),
        *_purpose_problems(purpose),
        *_until_problems(until),
    ]
    if problems or found is None or reader is None or until is None:
        raise Invalid("Access could not be asked for.", problems)
    _refuse_second(found, reader)
    return _submit(found, reader, purpose.strip(), until, actor)


def end_of_day(day: dt.date) -> dt.datetime:
    """The last moment of `day`, UTC."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC) - dt.timedelta(
        seconds=1
    )


def _lock_port(fqn: str, actor: Actor) -> OutputPort | None:
    """The port, locked so that of two equal requests at one time the second sees the first."""
    return (
        OutputPort.objects.visible_to(actor)
        .select_for_update(no_key=True, of=("self",))
        .select_related("product__owner")
        .filter(fqn=fqn)
        .first()
    )


def _port_problems(port: OutputPort | None) -> list[Problem]:
    if port is None:
        return [Problem("/port", "unknown-port", "There is no such output port.")]
    if grant_target(port) is None:
        text = f"The portal cannot open this port by itself. Ask {port.product.owner.name}."
        return [Problem("/port", "not-requestable", text)]
    return []


def _consumer_problems(
    consumer: Consumer | None, port: OutputPort | None, actor: Actor
) -> list[Problem]:
    if consumer is None or not may_ask_for(actor, consumer):
        text = "Choose yourself, one of your teams, or a data product of your teams."
        return [Problem("/consumer", "unknown-consumer", text)]
    if port is not None and consumer.product is not None and consumer.product.pk == port.product_id:
        text = "A data product reads its own output without asking."
        return [Problem("/consumer", "own-port", text)]
    return []


def _purpose_problems(purpose: str) -> list[Problem]:
    length = len(purpose.strip())
    if length < MIN_PURPOSE:
        text = f"Say in a sentence what it is for, {MIN_PURPOSE} characters or more."
        return [Problem("/purpose", "too-short", text)]
    if length > MAX_PURPOSE:
        return [Problem("/purpose", "too-long", f"At most {MAX_PURPOSE:,} characters.")]
    return []


def _until_problems(until: dt.date | None) -> list[Problem]:
    if until is None:
        return [Problem("/until", "not-a-date", "Choose a day, like 2027-02-28.")]
    today = db_now().astimezone(dt.UTC).date()
    if until < today:
        return [Problem("/until", "in-the-past", "Choose a day in the future.")]
    latest = today + dt.timedelta(days=MAX_DAYS)
    if until > latest:
        text = f"At most {MAX_DAYS} days: {latest.isoformat()} is the latest day."
        return [Problem("/until", "too-late", text)]
    return []


def _refuse_second(port: OutputPort, consumer: Consumer) -> None:
    grant = Grant.objects.live().filter(port=port, **consumer_fields(consumer)).first()
    if grant is not None:
        raise Conflict(
            f"{consumer.label} has access to this port until {grant.until.date().isoformat()}.",
            grant=str(grant.pk),
        )
    waiting = Request.objects.filter(
        kind=RequestKind.ACCESS,
        state=RequestState.WAITING,
        decider=port.product.owner_id,
        subject__port_id=str(port.pk),
        parameters__consumer=consumer.text,
    ).first()
    if waiting is not None:
        raise Conflict(
            f"{consumer.label} has asked for this access already: R-{waiting.number} waits for"
            f" {port.product.owner.name}.",
            request=str(waiting.pk),
        )


def consumer_fields(consumer: Consumer) -> dict[str, object]:
    """The three columns of a grant that say who reads."""
    return {
        "consumer_team": consumer.team,
        "consumer_user": consumer.user,
        "consumer_product": consumer.product,
    }


def _submit(
    port: OutputPort, consumer: Consumer, purpose: str, until: dt.date, actor: Actor
) -> Request:
    product = port.product
    own = product.owner_id in actor.owner_team_ids
    request = requests.submit(
        kind=RequestKind.ACCESS,
        title=f"Read {product.name}",
        actor=actor,
        team=consumer.responsible,
        decider=None if own else product.owner,
        purpose=purpose,
        parameters={"port": port.fqn, "consumer": consumer.text, "until": until.isoformat()},
        subject={"port": port.fqn, "port_id": str(port.pk), "product_id": str(product.pk)},
        instance_id=uuid7(),
        reason="An owner of the port asks." if own else "",
    )
    audit.record(
        actor=actor.name,
        verb="access.requested",
        kind="port",
        object_id=port.fqn,
        request=str(request.pk),
        consumer=consumer.text,
        until=until.isoformat(),
    )
    return request
