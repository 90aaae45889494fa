"""What may be wrong with what somebody asks for: a pointer, a rule and a mend for each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from accounts.actors import Actor
from catalog.products.models import OutputPort
from catalog.products.states import ProductStatus
from core.clock import db_now
from core.problems import Problem
from provisioning.access.formats.narrow import read_narrow
from provisioning.access.models import Grant
from provisioning.access.selectors import (
    Consumer,
    GrantTarget,
    may_ask_for,
    needs_legal_basis,
    shape_of,
)
from provisioning.access.states import AccessMode, LegalBasis
from provisioning.drivers.protocol import Ability

MIN_PURPOSE, MAX_PURPOSE = 10, 2000  # characters
PURPOSE_HINT = "Say what you will do with the data. The owner decides by it."
MAX_DAYS = 366


def port_problems(
    port: OutputPort | None, target: GrantTarget | None, *, is_new: bool
) -> list[Problem]:
    """The port is there, takes readers and can be opened."""
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


def consumer_problems(
    consumer: Consumer | None, port: OutputPort | None, actor: Actor
) -> list[Problem]:
    """The actor may ask in that name, and a product does not read itself."""
    if consumer is None or not may_ask_for(actor, consumer):
        text = "Choose yourself, one of your teams, or a data product of your teams."
        return [Problem("/consumer", "unknown-consumer", text)]
    if port is not None and consumer.product is not None and consumer.product.pk == port.product_id:
        text = "A data product reads its own output without asking."
        return [Problem("/consumer", "own-port", text)]
    return []


def purpose_problems(purpose: str) -> list[Problem]:
    """A sentence of the asker's own."""
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


def basis_problems(basis: str, port: OutputPort | None) -> list[Problem]:
    """A legal basis where the class asks for one."""
    if basis and basis not in LegalBasis.values:
        text = f"Choose one of {', '.join(LegalBasis.values)}."
        return [Problem("/legal_basis", "unknown-choice", text)]
    if not basis and port is not None and needs_legal_basis(port):
        text = f"Data of the class {port.product.classification} needs one: choose it."
        return [Problem("/legal_basis", "missing", text)]
    return []


def narrowed(
    given: Any, port: OutputPort, target: GrantTarget | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Only what is asked to be narrowed costs the statements that read the contract."""
    if given and target is not None and not target.can(Ability.NARROW):
        text = f"Access in {target.grants.place} is to all of it: leave columns and rows out."
        return {}, [Problem("/narrow", "not-narrowable", text)]
    return read_narrow(given, shape_of(port) if given else {})


def mode_problems(mode: str, port: OutputPort | None, target: GrantTarget | None) -> list[Problem]:
    """Writing only where the target can and the owner offers it."""
    if mode not in AccessMode.values:
        text = f"Choose one of {', '.join(AccessMode.values)}."
        return [Problem("/mode", "unknown-choice", text)]
    if mode == AccessMode.READ or port is None or target is None:
        return []
    if not target.can(Ability.WRITE):
        text = f"Through the portal {target.grants.place} is only read. Ask to read."
        return [Problem("/mode", "not-writable", text)]
    if not port.takes_writes:
        owner = port.product.owner.name
        text = f"This port is not offered for writing. Ask to read, or ask {owner} to offer it."
        return [Problem("/mode", "writes-not-offered", text)]
    return []


def whole_problems(mode: str, narrow: Mapping[str, Any]) -> list[Problem]:
    """Writing is to all of the port."""
    if mode != AccessMode.WRITE or not narrow:
        return []
    text = "Who writes has all of the port: leave columns and rows out, or ask to read."
    return [Problem("/narrow", "not-with-write", text)]


def identity_problems(identity: str, target: GrantTarget | None) -> list[Problem]:
    """An identity where the target asks for one, and only there."""
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


def until_problems(
    until: dt.date | None, port: OutputPort | None, running: Grant | None
) -> list[Problem]:
    """A day that may be the last one."""
    if until is None:
        return [Problem("/until", "not-a-date", "Choose a day, like 2027-02-28.")]
    first = today()
    if until < first:
        return [Problem("/until", "in-the-past", "Choose a day in the future.")]
    latest = first + dt.timedelta(days=MAX_DAYS)
    if until > latest:
        text = f"At most {MAX_DAYS} days: {latest.isoformat()} is the latest day."
        return [Problem("/until", "too-late", text)]
    if running is not None and until <= day(running.until):
        text = f"The access runs until {day(running.until).isoformat()}. Choose a later day."
        return [Problem("/until", "not-later", text)]
    sunset = port.product.sunset_on if port is not None else None
    if sunset is not None and until > sunset:
        text = f"The product ends on {sunset.isoformat()}, so that is the latest day."
        return [Problem("/until", "after-sunset", text)]
    return []


def today() -> dt.date:
    """By the database's clock, UTC."""
    return day(db_now())


def day(moment: dt.datetime) -> dt.date:
    """The day of a moment, UTC."""
    return moment.astimezone(dt.UTC).date()
