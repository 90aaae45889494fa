"""All targets of teams together: started, registered, read and emptied."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from accounts.models import Team
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from tests.chaos.evidence import Thing
from tests.chaos.places import (
    Broker,
    Held,
    Hook,
    Lake,
    Place,
    Repositories,
    TechAdapter,
    things_in,
)
from tests.provisioning.drivers.repositories import git_server
from tests.provisioning.drivers.storage import s3_server


@dataclass(frozen=True)
class Far:
    """The servers; without any there is nothing to look at."""

    places: Sequence[Place] = ()
    folder: Path = Path()

    @property
    def hosts(self) -> list[str]:
        return [host for place in self.places for host in place.hosts]

    @property
    def canaries(self) -> list[str]:
        return [secret for place in self.places for secret in place.secrets.values()]

    def begin(self, team: Team) -> None:
        """Empty servers, registered for `team`."""
        for place in self.places:
            place.empty()
            if place.hosts:
                self._register(place, team)

    def things(self) -> list[Thing]:
        return [each for place in self.places for each in things_in(place)]

    def fences(self) -> dict[str, int]:
        """As the checker compares them with those that the ledger gave."""
        found = [place.fences() for place in self.places]
        return {f"instance:{each}": fence for one in found for each, fence in one.items()}

    def holdings(self, *, with_repeats: bool) -> dict[UUID, Any]:
        """What there is of each instance, and how often it was made: the same for equal fates."""
        found: dict[UUID, list[str]] = {}
        for place in self.places:
            counts = with_repeats or not place.repeats
            for each in place.held():
                found.setdefault(each.instance, []).append(_written(each, counts=counts))
        return {instance: sorted(each) for instance, each in found.items()}

    def _register(self, place: Place, team: Team) -> None:
        made = Target(slug=place.slug, name=place.slug, driver=place.driver, owner=team)
        made.config = dict(place.config)
        targets.seal(made, place.secrets)
        made.save()


@contextmanager
def started(folder: Path) -> Iterator[Far]:
    """Servers of every kind, on ports of their own."""
    served = folder / "served"
    with git_server(served, makes=True) as git, s3_server() as s3:
        places = [Hook(), Broker(), TechAdapter("adapter", 0), TechAdapter("slow-adapter", 2)]
        there = [Repositories(folder / "git"), Repositories(served, git), Lake(s3)]
        yield Far([*places, *there], folder)
        for place in places:
            place.close()


def _written(held: Held, *, counts: bool) -> str:
    """Without what tells one instance from another."""
    seen = [held.kind, held.name, held.there, held.detail, held.times if counts else None]
    text = json.dumps(seen, sort_keys=True, default=str)
    binding = uuid5(held.instance, f"binding {held.instance}")  # as the broker driver calls it
    for name in (str(binding), str(held.instance), held.instance.hex, held.instance.hex[-8:]):
        text = text.replace(name, "<instance>")
    return text
