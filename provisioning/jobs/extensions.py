"""What higher rooms hang into the ledger: endings, secrets, schedules, checks to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from provisioning.drivers.protocol import Measurement
from provisioning.jobs.models import Operation, OperationStep

OnFinished = Callable[[Operation], None]
OnRetried = Callable[[Operation, Operation], None]
OnSecrets = Callable[[Operation, OperationStep, Mapping[str, Any]], None]


class CatchUp(StrEnum):
    """What becomes of ticks for which no sweeper was there."""

    SKIP = "skip"  # nothing: a tick is run in the first half of its span or not at all
    ONCE = "once"  # one run makes up for all of them
    ALL = "all"  # each is run, but no more than the last `most`


@dataclass(frozen=True)
class Periodic:
    """A function that one sweeper calls once a tick."""

    name: str
    every_s: int
    function: Callable[[], object]
    catch_up: CatchUp = CatchUp.ONCE
    most: int = 1  # of missed ticks that are made up for, with the present one


@dataclass(frozen=True)
class CheckOrder:
    """One measurement that is due: which driver measures what, and for whom."""

    title: str
    driver: str
    instance_id: UUID  # of the product whose objects are measured
    spec: Mapping[str, Any]  # as `Driver.measure` takes it
    subject: Mapping[str, Any]  # the provider's own words; comes back with the results
    team_id: int | None = None  # whose product it is; its members see the operation


class CheckSource(Protocol):
    """Who knows which checks are due and what to do with their results."""

    def take_due(self, limit: int) -> Sequence[CheckOrder]:
        """Up to `limit` due measurements, put off to their next time in the same transaction."""
        ...

    def measured(
        self, operation: Operation, subject: Mapping[str, Any], measurement: Measurement
    ) -> None:
        """Store what was measured; called in the transaction that records the step."""
        ...


_finished: list[OnFinished] = []
_retried: list[OnRetried] = []
_secrets: list[OnSecrets] = []
_periodic: dict[str, Periodic] = {}
_check_sources: list[CheckSource] = []


def on_finished(handler: OnFinished) -> None:
    """Have `handler(operation)` called in the transaction that ends an operation."""
    if handler not in _finished:
        _finished.append(handler)


def on_retried(handler: OnRetried) -> None:
    """Have `handler(old, new)` called in the transaction that repeats a finished operation."""
    if handler not in _retried:
        _retried.append(handler)


def on_secrets(handler: OnSecrets) -> None:
    """Have `handler(operation, step, secrets)` called in the transaction that records the step.

    The handler seals what it keeps; the secrets stand nowhere else.
    """
    if handler not in _secrets:
        _secrets.append(handler)


def periodic(
    name: str,
    every_s: int,
    function: Callable[[], object],
    *,
    catch_up: CatchUp = CatchUp.ONCE,
    most: int = 1,
) -> None:
    """Have `function` called about every `every_s` seconds by one of the sweepers.

    It runs in the transaction that takes the tick: who dies in it leaves the tick to another.
    """
    _periodic[name] = Periodic(name, every_s, function, catch_up, most)


def check_source(provider: CheckSource) -> None:
    """Ask `provider` for due checks, and hand it their results."""
    if provider not in _check_sources:
        _check_sources.append(provider)


def tell_finished(operation: Operation) -> None:
    """Call all handlers of `on_finished`."""
    for handler in _finished:
        handler(operation)


def tell_retried(old: Operation, new: Operation) -> None:
    """Call all handlers of `on_retried`."""
    for handler in _retried:
        handler(old, new)


def tell_secrets(operation: Operation, step: OperationStep, secrets: Mapping[str, Any]) -> None:
    """Call all handlers of `on_secrets`."""
    for handler in _secrets:
        handler(operation, step, secrets)


def schedules() -> list[Periodic]:
    """All periodic functions."""
    return list(_periodic.values())


def check_sources() -> list[CheckSource]:
    """All providers of checks."""
    return list(_check_sources)


def registrations() -> dict[str, list[str]]:
    """`{extension point: [dotted name]}`, for the table in `docs/architecture.md`."""
    return {
        "jobs.on_finished": [_dotted(handler) for handler in _finished],
        "jobs.on_retried": [_dotted(handler) for handler in _retried],
        "jobs.on_secrets": [_dotted(handler) for handler in _secrets],
        "jobs.periodic": [_dotted(entry.function) for entry in _periodic.values()],
        "jobs.check_source": [_dotted(type(provider)) for provider in _check_sources],
    }


def _dotted(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
