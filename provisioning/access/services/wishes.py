"""What somebody asks for, checked; with its facts and who has to agree to it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from accounts.actors import Actor
from catalog.products.models import OutputPort
from catalog.products.states import ProductStatus
from core.clock import db_now
from core.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from core.problems import Problem
from provisioning.access.formats.narrow import for_driver, read_narrow
from provisioning.access.models import Grant
from provisioning.access.selectors import (
    Asked,
    Consumer,
    GrantTarget,
    consumer_fields,
    consumer_of,
    facts_of,
    find_consumer,
    grant_target,
    may_ask_for,
    needs_legal_basis,
    shape_of,
)
from provisioning.access.states import GrantState, LegalBasis
from provisioning.drivers.protocol import Ability
from provisioning.requests.models import Request
from provisioning.requests.selectors.routing import Ruled, route_of
from provisioning.requests.states import RequestKind, RequestState

MIN_PURPOSE, MAX_PURPOSE = 10, 2000  # characters
PURPOSE_HINT = "Say what you will do with the data. The owner decides by it."
MAX_DAYS = 366
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

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "port": self.port.fqn,
            "consumer": self.consumer.text,
            "until": self.until.isoformat(),
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
        return (self.until - _today()).days + 1

    @cached_property
    def facts(self) -> dict[str, Any]:
        asked = Asked(self.port, self.consumer, self.purpose, self.days, self.running is not None)
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
    narrow, narrow_problems = ({}, []) if port is None else _narrow(given.narrow, port, target)
    problems = [
        *_port_problems(port, target, is_new=True),
        *_consumer_problems(reader, port, actor),
        *_purpose_problems(given.purpose),
        *_until_problems(given.until, port, None),
        *_basis_problems(given.legal_basis, port),
        *narrow_problems,
        *_identity_problems(given.identity, target),
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
    grant.refresh_from_db(fields=["state", "until"])
    if grant.state == GrantState.PENDING:
        raise InvalidTransition("This access is still being set up.")
    if not grant.is_live:
        raise InvalidTransition("This access has ended. Ask for it again.")
    problems = [
        *_port_problems(port, grant_target(port) if port else None, is_new=False),
        *_purpose_problems(purpose),
        *_until_problems(until, port, grant),
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
    )


def refuse_second(wish: Wish, *, but: Request | None = None) -> None:
    """Nobody has one access twice, or asks for it twice.

    Args:
        but: the request that is being changed.

    Raises:
        Conflict: the consumer has this access, or has asked for it.
    """
    port, consumer = wish.port, wish.consumer
    live = Grant.objects.live().filter(port=port, **consumer_fields(consumer))
    grant = None if wish.running else live.first()
    if grant is not None:
        raise Conflict(
            f"{consumer.label} has access to this port until {grant.until.date().isoformat()}."
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


def _port_problems(
    port: OutputPort | None, target: GrantTarget | None, *, is_new: bool
) -> list[Problem]:
    if port is None:
        return [Problem("/port", "unknown-port", "There is no such output port.")]
    product = port.product
    if is_new and product.status == ProductStatus.DEPRECATED:
        instead = f"Ask for {product.successor.name} instead." if product.successor else ""
        text = f"{product.name} is deprecated and takes no new readers. {instead}".rstrip()
        return [Problem("/port", "deprecated", text)]
    if target is None:
        text = f"The portal cannot open this port by itself. Ask {product.owner.name}."
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
    said = purpose.strip()
    if len(said) < MIN_PURPOSE:
        text = f"Say in a sentence what it is for, {MIN_PURPOSE} characters or more."
        return [Problem("/purpose", "too-short", text)]
    if len(said) > MAX_PURPOSE:
        return [Problem("/purpose", "too-long", f"At most {MAX_PURPOSE:,} characters.")]
    if said.casefold() in PURPOSE_HINT.casefold():
        text = "That is the form's own hint. Say what you will do with the data."
        return [Problem("/purpose", "placeholder", text)]
    return []


def _basis_problems(basis: str, port: OutputPort | None) -> list[Problem]:
    if basis and basis not in LegalBasis.values:
        text = f"Choose one of {', '.join(LegalBasis.values)}."
        return [Problem("/legal_basis", "unknown-choice", text)]
    if not basis and port is not None and needs_legal_basis(port):
        text = f"Data of the class {port.product.classification} needs one: choose it."
        return [Problem("/legal_basis", "missing", text)]
    return []


def _narrow(
    given: Any, port: OutputPort, target: GrantTarget | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Only what is asked to be narrowed costs the statements that read the contract."""
    if given and target is not None and not target.can(Ability.NARROW):
        text = f"Access in {target.grants.place} is to all of it: leave columns and rows out."
        return {}, [Problem("/narrow", "not-narrowable", text)]
    return read_narrow(given, shape_of(port) if given else {})


def _identity_problems(identity: str, target: GrantTarget | None) -> list[Problem]:
    if target is None:
        return []
    asked = target.grants.identity
    if asked is None:
        text = "Readers of this port need no identity of their own: leave it out."
        return [Problem("/identity", "not-taken", text)] if identity else []
    if not identity.strip():
        return [Problem("/identity", "missing", f"{asked.hint} For example {asked.example}.")]
    if not re.fullmatch(asked.pattern, identity.strip()):
        text = f"This is no {asked.label.lower()}. Write it like {asked.example}."
        return [Problem("/identity", "wrong-form", text)]
    return []


def _until_problems(
    until: dt.date | None, port: OutputPort | None, running: Grant | None
) -> list[Problem]:
    if until is None:
        return [Problem("/until", "not-a-date", "Choose a day, like 2027-02-28.")]
    today = _today()
    if until < today:
        return [Problem("/until", "in-the-past", "Choose a day in the future.")]
    latest = today + dt.timedelta(days=MAX_DAYS)
    if until > latest:
        text = f"At most {MAX_DAYS} days: {latest.isoformat()} is the latest day."
        return [Problem("/until", "too-late", text)]
    if running is not None and until <= _day(running.until):
        text = f"The access runs until {_day(running.until).isoformat()}. Choose a later day."
        return [Problem("/until", "not-later", text)]
    sunset = port.product.sunset_on if port is not None else None
    if sunset is not None and until > sunset:
        text = f"The product ends on {sunset.isoformat()}, so that is the latest day."
        return [Problem("/until", "after-sunset", text)]
    return []


def _today() -> dt.date:
    return _day(db_now())


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(dt.UTC).date()
