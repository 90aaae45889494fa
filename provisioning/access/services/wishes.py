"""What somebody asks for, checked; with its facts and who has to agree to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.db.models import Q

from accounts.actors import Actor
from catalog.products.models import OutputPort
from core.clock import parse_day
from core.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from core.problems import Problem
from provisioning.access.formats.narrow import for_driver
from provisioning.access.models import Grant
from provisioning.access.selectors import (
    Asked,
    Consumer,
    GrantTarget,
    consumer_of,
    covering,
    facts_of,
    find_consumer,
    grant_target,
    may_ask_for,
    shape_of,
)
from provisioning.access.services.judging import (
    basis_problems,
    consumer_problems,
    identity_problems,
    mode_problems,
    narrowed,
    port_problems,
    purpose_problems,
    today,
    until_problems,
    whole_problems,
)
from provisioning.access.states import AccessMode, GrantState
from provisioning.requests.models import Request
from provisioning.requests.selectors.routing import Ruled, route_of
from provisioning.requests.states import RequestKind, RequestState

REFUSED = "Access could not be asked for."


@dataclass(frozen=True)
class AccessData:
    """What somebody sends who asks to read a port."""

    port: str  # fqn
    consumer: str  # team:<slug>, user:<name> or product:<fqn>
    purpose: str
    until: dt.date | None  # the last day, UTC; None is a problem of its own
    legal_basis: str = ""  # a `LegalBasis`, where the class of the port asks for one
    narrow: Any = None  # as `formats/narrow.py` reads it; None: everything
    identity: str = ""  # what the reader is called in the target, where the port asks for it
    mode: str = AccessMode.READ


def data_of(request: Request) -> AccessData:
    """What a request for access asks for now."""
    asked = request.parameters
    return AccessData(
        port=asked["port"],
        consumer=asked["consumer"],
        purpose=request.purpose,
        until=parse_day(asked["until"]),
        legal_basis=asked.get("legal_basis", ""),
        narrow=asked.get("narrow"),
        identity=asked.get("identity", ""),
        mode=asked.get("mode", AccessMode.READ),
    )


@dataclass(frozen=True)
class Wish:
    """What is asked for; `running` is the grant that shall go on for longer."""

    port: OutputPort
    consumer: Consumer
    purpose: str
    until: dt.date
    actor: Actor
    legal_basis: str = ""
    narrow: Mapping[str, Any] = field(default_factory=dict)
    running: Grant | None = None
    identity: str = ""
    mode: str = AccessMode.READ

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "port": self.port.fqn,
            "consumer": self.consumer.text,
            "until": self.until.isoformat(),
            "mode": self.mode,
            **({"legal_basis": self.legal_basis} if self.legal_basis else {}),
            **({"narrow": dict(self.narrow)} if self.narrow else {}),
            **({"identity": self.identity} if self.identity else {}),
        }

    @property
    def subject(self) -> dict[str, Any]:
        extends = {"extends": str(self.running.pk)} if self.running is not None else {}
        return {
            "port": self.port.fqn,
            "port_id": str(self.port.pk),
            "product_id": str(self.port.product_id),
            "facts": self.facts,
            **extends,
        }

    @property
    def days(self) -> int:
        """Days of access, today and the last one included."""
        return (self.until - today()).days + 1

    @cached_property
    def facts(self) -> dict[str, Any]:
        asked = Asked(
            self.port,
            self.consumer,
            self.purpose,
            self.days,
            self.running is not None,
            self.mode,
        )
        return facts_of(asked, self.actor)

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


def wish_for(given: AccessData, actor: Actor) -> Wish:
    """A wish for new access, with its port locked.

    Raises:
        Invalid: with a pointer for each thing to mend.
    """
    port = _lock_port(given.port, actor)
    reader = find_consumer(given.consumer)
    target = grant_target(port) if port is not None else None
    narrow, narrow_problems = ({}, []) if port is None else narrowed(given.narrow, port, target)
    problems = [
        *port_problems(port, target, is_new=True),
        *consumer_problems(reader, port, actor),
        *purpose_problems(given.purpose),
        *until_problems(given.until, port, None),
        *basis_problems(given.legal_basis, port),
        *narrow_problems,
        *identity_problems(given.identity, target),
        *mode_problems(given.mode, port, target),
        *whole_problems(given.mode, narrow),
    ]
    if problems or port is None or reader is None or given.until is None:
        raise Invalid(REFUSED, problems)
    purpose = given.purpose.strip()
    return Wish(
        port,
        reader,
        purpose,
        given.until,
        actor,
        given.legal_basis,
        narrow,
        identity=given.identity.strip(),
        mode=given.mode,
    )


def wish_for_longer(*, grant: Grant, purpose: str, until: dt.date | None, actor: Actor) -> Wish:
    """A wish that a running grant ends on a later day, with its port locked.

    Raises:
        NotAllowed: the actor may not ask in the consumer's name.
        InvalidTransition: the grant is not in force.
        Invalid: with a pointer for each thing to mend.
    """
    consumer = consumer_of(grant)
    if not may_ask_for(actor, consumer):
        raise NotAllowed(f"This access was given to {consumer.label}; they ask for more time.")
    port = _lock_port(grant.port.fqn, actor)
    target = grant_target(port) if port is not None else None
    grant.refresh_from_db(fields=["state", "until"])
    if grant.state == GrantState.PENDING:
        raise InvalidTransition("This access is still being set up.")
    if not grant.is_live:
        raise InvalidTransition("This access has ended. Ask for it again.")
    problems = [
        *port_problems(port, target, is_new=False),
        *mode_problems(grant.mode, port, target),
        *purpose_problems(purpose),
        *until_problems(until, port, grant),
    ]
    if problems or port is None or until is None:
        raise Invalid(REFUSED, problems)
    return Wish(
        port,
        consumer,
        purpose.strip(),
        until,
        actor,
        grant.legal_basis,
        grant.narrow,
        grant,
        grant.identity,
        grant.mode,
    )


def refuse_second(wish: Wish, *, but: Request | None = None) -> None:
    """Nobody has one access twice, or asks for it twice.

    Args:
        but: the request that is being changed.

    Raises:
        Conflict: the consumer has this access, or has asked for it.
    """
    port, consumer = wish.port, wish.consumer
    grant = None if wish.running else covering(port.pk, consumer, wish.mode).first()
    if grant is not None:
        what = "may write" if grant.writes else "has access to"
        raise Conflict(
            f"{consumer.label} {what} this port until {grant.until.date().isoformat()}."
            " Ask there for more time.",
            grant=str(grant.pk),
        )
    asked = Request.objects.with_sides().filter(
        kind=RequestKind.ACCESS,
        state=RequestState.WAITING,
        subject__product_id=str(port.product_id),
        subject__port_id=str(port.pk),
        parameters__consumer=consumer.text,
    )
    writes = Q(parameters__mode=AccessMode.WRITE)
    asked = asked.filter(writes) if wish.mode == AccessMode.WRITE else asked.exclude(writes)
    waiting = (asked.exclude(pk=but.pk) if but else asked).first()
    if waiting is not None:
        raise Conflict(
            f"{consumer.label} has asked for this access already: R-{waiting.number} waits for"
            f" {' and '.join(each.side for each in waiting.open_approvals)}.",
            request=str(waiting.pk),
        )


def port_of(request: Request) -> tuple[OutputPort, GrantTarget]:
    """The port of a request, locked, and what of it a grant shall open.

    Raises:
        Invalid: it cannot be opened any more, or lacks what the request is narrowed by.
    """
    port = (
        OutputPort.objects.select_for_update(no_key=True, of=("self",))
        .select_related("product__owner", "product__domain")
        .filter(pk=request.subject["port_id"])
        .first()
    )
    target = grant_target(port) if port is not None else None
    if port is None or target is None:
        raise Invalid(f"{request.subject['port']} cannot be opened any more.")
    if request.parameters.get("mode") == AccessMode.WRITE:
        if not port.takes_writes:
            raise Invalid(f"{port.fqn} is not offered for writing any more.")
        target = replace(target, base={**target.base, "mode": AccessMode.WRITE.value})
    narrow = request.parameters.get("narrow")
    if not narrow:
        return port, target
    translated, problems = for_driver(narrow, port.location["tables"], shape_of(port))
    if problems:
        raise Invalid("The port has changed since this was asked for.", problems)
    return port, replace(target, base={**target.base, "narrow": translated})


def _lock_port(fqn: str, actor: Actor) -> OutputPort | None:
    """The port, locked so that of two equal requests at one time the second sees the first."""
    return (
        OutputPort.objects.visible_to(actor)
        .select_for_update(no_key=True, of=("self",))
        .select_related("product__owner", "product__domain__owner", "product__successor")
        .filter(fqn=fqn)
        .first()
    )
