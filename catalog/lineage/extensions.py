"""Who consumes products, and who keeps the results of tests that events tell: other rooms know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from accounts.actors import Actor


@dataclass(frozen=True)
class Consumer:
    """Somebody who may read a product."""

    id: str  # team:<slug>, user:<name> or product:<fqn>
    name: str
    until: dt.datetime


@dataclass(frozen=True)
class Consumers:
    """Those of a product that the asking actor may know of, and how many there are besides."""

    named: tuple[Consumer, ...] = ()
    others: int = 0


@dataclass(frozen=True)
class ConsumerTotals:
    """Different consumers of many products, and which of them are teams."""

    consumers: int = 0
    team_ids: frozenset[int] = field(default_factory=frozenset)


class ConsumersSource(Protocol):
    """Both ask about the ports of `products` and about `ports` besides."""

    def by_product(
        self, actor: Actor, products: Collection[UUID], ports: Collection[UUID]
    ) -> Mapping[UUID, Consumers]:
        """Consumers by product; a constant number of reads."""
        ...

    def totals(self, products: Collection[UUID], ports: Collection[UUID]) -> ConsumerTotals:
        """All of them together; one read."""
        ...


# takes OpenLineage events, as they came, that hold results of tests; in their transaction
ResultsHandler = Callable[[Sequence[Any], Actor], None]

_sources: list[ConsumersSource] = []
_results_handlers: list[ResultsHandler] = []


def on_results(handler: ResultsHandler) -> None:
    """Have `handler` given the events that hold results of tests. From `AppConfig.ready()`."""
    if handler not in _results_handlers:
        _results_handlers.append(handler)


def results_told(events: Sequence[Any], actor: Actor) -> None:
    """Give the handlers events that were stored for the first time."""
    for handler in _results_handlers if events else ():
        handler(events, actor)


def add_consumers(source: ConsumersSource) -> None:
    """Have `source` asked who consumes products. Called in `AppConfig.ready()`."""
    if source not in _sources:
        _sources.append(source)


def consumers_of(
    actor: Actor, products: Collection[UUID], ports: Collection[UUID]
) -> dict[UUID, Consumers]:
    """Consumers by product."""
    found: dict[UUID, Consumers] = {}
    for source in _sources:
        for product, one in source.by_product(actor, products, ports).items():
            known = found.get(product, Consumers())
            found[product] = Consumers(known.named + one.named, known.others + one.others)
    return found


def consumer_totals(products: Collection[UUID], ports: Collection[UUID]) -> ConsumerTotals:
    """Different consumers of all the products."""
    every = [source.totals(products, ports) for source in _sources]
    return ConsumerTotals(
        sum(each.consumers for each in every),
        frozenset(pk for each in every for pk in each.team_ids),
    )


def registrations() -> list[str]:
    """Dotted names of the sources, for the table in `docs/architecture.md`."""
    return [f"{type(each).__module__}.{type(each).__qualname__}" for each in _sources]


def results_registrations() -> list[str]:
    """The same of those who keep results."""
    return [f"{each.__module__}.{each.__qualname__}" for each in _results_handlers]
