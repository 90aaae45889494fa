"""Asking for access to a port."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from catalog.products.models import OutputPort
from core import audit
from core.clock import db_now
from core.errors import Conflict, Invalid
from core.ids import uuid7
from core.problems import Problem
from provisioning.access.models import Grant
from provisioning.access.selectors import (
    Asked,
    Consumer,
    facts_of,
    find_consumer,
    grant_target,
    may_ask_for,
)
from provisioning.requests import services as requests
from provisioning.requests.models import Request
from provisioning.requests.policies import require_amend
from provisioning.requests.selectors.routing import Ruled, asked_of_people, route_of
from provisioning.requests.states import RequestKind, RequestState

MIN_PURPOSE, MAX_PURPOSE = 10, 2000  # characters
MAX_DAYS = 366
REFUSED = "Access could not be asked for."


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
    found, reader = _checked(port, consumer, purpose, until, actor)
    _refuse_second(found, reader)
    return _submit(_Asking(found, reader, purpose.strip(), until or dt.date.max, actor))


def _checked(
    port: str, consumer: str, purpose: str, until: dt.date | None, actor: Actor
) -> tuple[OutputPort, Consumer]:
    """The port, locked, and who shall read.

    Raises:
        Invalid: with a pointer for each thing to mend, `until` among them.
    """
    found = _lock_port(port, actor)
    reader = find_consumer(consumer)
    problems = [
        *_port_problems(found),
        *_consumer_problems(reader, found, actor),
        *_purpose_problems(purpose),
        *_until_problems(until),
    ]
    if problems or found is None or reader is None:
        raise Invalid(REFUSED, problems)
    return found, reader


def _lock_port(fqn: str, actor: Actor) -> OutputPort | None:
    """The port, locked so that of two equal requests at one time the second sees the first."""
    return (
        OutputPort.objects.visible_to(actor)
        .select_for_update(no_key=True, of=("self",))
        .select_related("product__owner", "product__domain__owner")
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


def _refuse_second(port: OutputPort, consumer: Consumer, *, but: Request | None = None) -> None:
    grant = Grant.objects.live().filter(port=port, **consumer_fields(consumer)).first()
    if grant is not None:
        raise Conflict(
            f"{consumer.label} has access to this port until {grant.until.date().isoformat()}.",
            grant=str(grant.pk),
        )
    asked = Request.objects.with_sides().filter(
        kind=RequestKind.ACCESS,
        state=RequestState.WAITING,
        subject__product_id=str(port.product_id),
        subject__port_id=str(port.pk),
        parameters__consumer=consumer.text,
    )
    waiting = (asked.exclude(pk=but.pk) if but else asked).first()
    if waiting is not None:
        raise Conflict(
            f"{consumer.label} has asked for this access already: R-{waiting.number} waits for"
            f" {' and '.join(each.side for each in waiting.open_approvals)}.",
            request=str(waiting.pk),
        )


def consumer_fields(consumer: Consumer) -> dict[str, object]:
    """The three columns of a grant that say who reads."""
    return {
        "consumer_team": consumer.team,
        "consumer_user": consumer.user,
        "consumer_product": consumer.product,
    }


@transaction.atomic
def amend_access(
    *, request: Request, consumer: str, purpose: str, until: dt.date | None, actor: Actor
) -> Request:
    """Ask for something else than before, while the request waits; everybody is asked again.

    Raises:
        NotAllowed: somebody else asked for it.
        InvalidTransition: it waits no more.
        Invalid: with a pointer for each thing to mend.
        Conflict: the consumer has this access, or has asked for it otherwise.
    """
    require_amend(actor, request)
    port, reader = _checked(request.parameters["port"], consumer, purpose, until, actor)
    _refuse_second(port, reader, but=request)
    asking = _Asking(port, reader, purpose.strip(), until or dt.date.max, actor)
    ruled = asking.ruled()
    return requests.amend(
        request=request,
        actor=actor,
        purpose=asking.purpose,
        parameters=asking.parameters,
        subject={**request.subject, "facts": asking.facts},
        route=asked_of_people(ruled.route, port),
    )


@dataclass(frozen=True)
class _Asking:
    """What is asked for, checked; with its facts, read once."""

    port: OutputPort
    consumer: Consumer
    purpose: str
    until: dt.date
    actor: Actor

    @property
    def parameters(self) -> dict[str, str]:
        return {
            "port": self.port.fqn,
            "consumer": self.consumer.text,
            "until": self.until.isoformat(),
        }

    @property
    def days(self) -> int:
        """Days of access, today and the last one included."""
        return (self.until - db_now().astimezone(dt.UTC).date()).days + 1

    @cached_property
    def facts(self) -> dict[str, Any]:
        return facts_of(Asked(self.port, self.consumer, self.purpose, self.days), self.actor)

    def ruled(self) -> Ruled:
        """Who has to agree.

        Raises:
            Invalid: a rule allows less time.
        """
        ruled = route_of(self.port, self.facts, self.actor)
        if ruled.max_days is not None and self.days > ruled.max_days:
            latest = self.until - dt.timedelta(days=self.days - ruled.max_days)
            text = (
                f"“{ruled.limited_by}” allows {ruled.max_days} days:"
                f" {latest.isoformat()} is the latest day."
            )
            raise Invalid(REFUSED, [Problem("/until", "beyond-rule", text)])
        return ruled


def _submit(asking: _Asking) -> Request:
    port, product = asking.port, asking.port.product
    request = requests.submit(
        kind=RequestKind.ACCESS,
        title=f"Read {product.name}",
        actor=asking.actor,
        team=asking.consumer.responsible,
        route=asking.ruled().route,
        purpose=asking.purpose,
        parameters=asking.parameters,
        subject={
            "port": port.fqn,
            "port_id": str(port.pk),
            "product_id": str(product.pk),
            "facts": asking.facts,
        },
        instance_id=uuid7(),
    )
    audit.record(
        actor=asking.actor.name,
        verb="access.requested",
        kind="port",
        object_id=port.fqn,
        request=str(request.pk),
        consumer=asking.consumer.text,
        until=asking.until.isoformat(),
    )
    return request
