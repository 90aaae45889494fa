"""Who is affected by a change of a contract: asked of the rooms that know who reads it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from accounts.actors import Actor
from catalog.contracts.models import DataContract


@dataclass(frozen=True)
class Party:
    """One who reads data under a contract, as `actor` may know."""

    kind: str  # product, team, user
    id: str  # fqn, slug or user name
    name: str
    url: str
    owner_slug: str
    owner_name: str
    via: str  # fqn of the port, or the name under which it is read; "": by lineage, by a grant
    version: str  # of the contract that the port names now; "": unknown
    distance: int = 1  # hops from the contract's own ports

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "owner": {"slug": self.owner_slug, "name": self.owner_name},
            "via": self.via,
            "version": self.version,
            "distance": self.distance,
        }


@dataclass(frozen=True)
class Affected:
    """Those whom the asking actor may see, and how many more there are."""

    parties: tuple[Party, ...] = ()
    hidden: int = 0


class PartiesSource(Protocol):
    def __call__(self, actor: Actor, contract: DataContract) -> Affected:
        """Who reads data under `contract`, at most some hundreds; a constant number of reads."""
        ...


_sources: list[PartiesSource] = []


def add_affected_parties(source: PartiesSource) -> None:
    """Have `source` asked for affected parties. Called in `AppConfig.ready()`."""
    if source not in _sources:
        _sources.append(source)


def affected_parties(actor: Actor, contract: DataContract) -> Affected:
    """All who are affected by a change of `contract`, the nearest first.

    Sources may know the same: a product that one has named with its port is not named again as
    something further down, and of those that are hidden the greater number counts.
    """
    answers = [source(actor, contract) for source in _sources]
    parties: list[Party] = []
    for answer in answers:
        named = {(party.kind, party.id) for party in parties}
        parties += [party for party in answer.parties if (party.kind, party.id) not in named]
    return Affected(
        tuple(sorted(parties, key=lambda each: (each.distance, each.name, each.via))),
        max((answer.hidden for answer in answers), default=0),
    )


class PromisesSource(Protocol):
    def __call__(self, version_ids: Collection[int]) -> Collection[int]:
        """Those of the versions that somebody may rely on; a constant number of reads."""
        ...


_promises: list[PromisesSource] = []


def add_promised_versions(source: PromisesSource) -> None:
    """Have `source` say which versions are promised to readers. Called in `AppConfig.ready()`."""
    if source not in _promises:
        _promises.append(source)


def promised_versions(version_ids: Collection[int]) -> set[int]:
    """Those of the versions that may not change under their readers, whatever their status."""
    if not version_ids:
        return set()
    return {pk for source in _promises for pk in source(version_ids)}


def registrations() -> list[str]:
    """Dotted names of the sources, for the table in `docs/architecture.md`."""
    return [f"{source.__module__}.{source.__qualname__}" for source in _sources]  # type: ignore[attr-defined]


def promise_registrations() -> list[str]:
    """Dotted names of those who promise versions, for the same table."""
    return [f"{source.__module__}.{source.__qualname__}" for source in _promises]  # type: ignore[attr-defined]
