"""Published ports that change under those who read them: what that breaks, and from when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, F, ProtectedError
from django.db.models.deletion import Collector

from catalog.contracts.formats.odcs_diff import Change
from catalog.contracts.models import ContractVersion
from catalog.contracts.selectors import Pair, breaking_pairs
from catalog.products.data import PortData, ProductData
from catalog.products.models import DataProduct, InputPort, OutputPort
from catalog.products.states import ProductStatus
from core.clock import db_now
from core.problems import Problem

GRACE_DAYS = 14
MOST_SHOWN = 3  # changes in a message
ANOTHER_CONTRACT = "contract-id-changed"  # what counts is what the two contracts say
MEND = (
    "Publish it as a new major version beside this one, or give the port `breakingFrom`, a date "
    f"(YYYY-MM-DD) at least {GRACE_DAYS} days ahead."
)


@dataclass
class Moves:
    """What was read about ports that move or go."""

    today: dt.date = dt.date.min
    breaking: dict[Pair, list[Change]] = field(default_factory=dict)
    readers: dict[UUID, int] = field(default_factory=dict)  # input ports elsewhere, by port


@dataclass(frozen=True)
class Announced:
    """A move that waits for its day."""

    version: ContractVersion
    on: dt.date
    changes: int

    @property
    def text(self) -> str:
        return f"contract {self.version.version} from {self.on.isoformat()}"


def read_moves(
    moving: Sequence[tuple[OutputPort, ContractVersion]], going: Collection[UUID]
) -> Moves:
    """What the moves of published ports would break, and who reads those and the ports that go.

    No statement when nothing moves or goes; else at most three, and one for each pair of versions
    that was not compared lately.
    """
    pairs = {
        (port.contract_version_id, version.pk)
        for port, version in moving
        if port.contract_version_id not in (None, version.pk)
    }
    if not pairs and not going:
        return Moves()
    breaking = {
        pair: changes
        for pair, found in breaking_pairs(pairs).items()
        if (changes := [each for each in found if each.code != ANOTHER_CONTRACT])
    }
    broken = {
        port.pk for port, version in moving if (port.contract_version_id, version.pk) in breaking
    }
    return Moves(db_now().date() if broken else dt.date.min, breaking, _readers({*broken, *going}))


def _readers(ports: Collection[UUID]) -> dict[UUID, int]:
    """How many input ports of other products, retired ones aside, read each of the ports."""
    if not ports:
        return {}
    linked = InputPort.objects.filter(source__in=ports).exclude(product=F("source__product"))
    living = linked.exclude(product__status=ProductStatus.RETIRED)
    counts = living.order_by().values_list("source").annotate(count=Count("pk"))
    return {row[0]: row[1] for row in counts}


def held_ports(
    items: Iterable[ProductData],
    products: Mapping[str, DataProduct],
    ports: Mapping[UUID, Mapping[tuple[str, int], OutputPort]],
) -> set[UUID]:
    """Of the ports that are not named any more: those that something in a higher room holds."""
    going: list[OutputPort] = []
    for item in items:
        product = products.get(item.document_id)
        known = ports.get(product.pk, {}) if product else {}
        wanted = {(port.name, port.major) for port in item.ports}
        going += [port for key, port in known.items() if key not in wanted]
    if not going or _may_go(going):
        return set()
    return {port.pk for port in going if not _may_go([port])}


def _may_go(ports: list[OutputPort]) -> bool:
    try:
        Collector(using="default").collect(ports)
    except ProtectedError:
        return False
    return True


def announced(
    port: PortData,
    wanted: ContractVersion | None,
    before: OutputPort,
    moves: Moves,
    *,
    pointer: str,
    consumers: int,
) -> Announced | Problem | None:
    """Whether a published port may move to `wanted` now (None), on a later day, or not."""
    if wanted is None or before.contract_version_id is None:
        return None
    changes = moves.breaking.get((before.contract_version_id, wanted.pk))
    if not changes:
        return None
    known = before.next_version_on if before.next_contract_version_id == wanted.pk else None
    on = port.breaking_from or known
    if on is None:
        message = f"{_what(before, wanted, changes)} {_who(before, moves, consumers)} {MEND}"
        return Problem(f"{pointer}/contractId", "breaking-change", message)
    earliest = moves.today + dt.timedelta(days=GRACE_DAYS)
    if known is not None:
        earliest = min(earliest, known)
    if on < earliest:
        message = (
            f"Give those who read {before.name}@{before.major} at least {GRACE_DAYS} days: "
            f"{earliest.isoformat()} or later."
        )
        return Problem(f"{pointer}/breakingFrom", "grace-too-short", message)
    return Announced(wanted, on, len(changes))


def waiting_columns(port: PortData, before: OutputPort, move: Announced) -> dict[str, Any]:
    """The columns of a port that stays as it is until the day of its move."""
    return {
        "version": before.version,
        "contract_id": before.contract_id,
        "contract_version_id": before.contract_version_id,
        "next_version": port.version,
        "next_contract_version_id": move.version.pk,
        "next_version_on": move.on,
    }


def removal_problem(removed: Sequence[OutputPort], moves: Moves) -> Problem | None:
    """Why published ports cannot be taken away while other products read them."""
    read = [port for port in removed if moves.readers.get(port.pk)]
    if not read:
        return None
    names = ", ".join(f"{port.name}@{port.major}" for port in read)
    inputs = sum(moves.readers[port.pk] for port in read)
    message = (
        f"{_counted(inputs, 'input port')} of other products read {names}. Keep the port until "
        "they read another one: publish that beside it, and announce when this one goes."
    )
    return Problem("/ports", "port-in-use", message)


def _what(before: OutputPort, wanted: ContractVersion, changes: Sequence[Change]) -> str:
    name = f"{before.name}@{before.major}"
    since = before.contract_version.version if before.contract_version else ""
    shown = " ".join(each.message for each in changes[:MOST_SHOWN])
    more = len(changes) - MOST_SHOWN
    rest = f" And {_counted(more, 'breaking change')} more." if more > 0 else ""
    return f"From contract {since} to {wanted.version} breaks those who read {name}: {shown}{rest}"


def _who(before: OutputPort, moves: Moves, consumers: int) -> str:
    inputs = _counted(moves.readers.get(before.pk, 0), "input port")
    return f"{inputs} of other products and {_counted(consumers, 'consumer')} read it."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
