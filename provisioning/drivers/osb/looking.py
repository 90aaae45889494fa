"""Whether a thing is there: what the broker says when it can be asked, else what is known."""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.drivers.memory import recalled
from provisioning.drivers.osb.catalog import find_offer
from provisioning.drivers.osb.life import Thing
from provisioning.drivers.osb.things import is_retrievable
from provisioning.drivers.osb.wire import Broker, refusal
from provisioning.drivers.places import in_driver_words
from provisioning.drivers.protocol import Json, TemporaryError


@dataclass(frozen=True)
class Seen:
    exists: bool
    body: Json  # what the broker said of it, if it was asked
    known: Json


def look(broker: Broker, thing: Thing) -> Seen:
    """Raises: DriverError: the broker does not answer, or not as a broker has to."""
    known = recalled(thing.resource)
    retrievable = known.get("retrievable")
    if retrievable is None:
        offer = find_offer(broker.catalog(), **thing.ids)
        retrievable = is_retrievable(thing, offer.service)
    if not retrievable:
        return Seen(known.get("state") == "there", {}, known)
    with in_driver_words():
        said = broker.send("GET", thing.path, {**thing.ids, **_current(known)})
    if said.status in (404, 410):
        return Seen(False, {}, known)
    if said.error == "ConcurrencyError":  # it is there and being changed
        return Seen(True, {}, known)
    if said.status != 200:
        raise refusal(said)
    if not said.is_object:
        raise TemporaryError(f"The broker {said.place} does not answer as a broker has to.")
    return Seen(True, said.body, known)


def _current(known: Json) -> dict[str, str]:
    return {name: known[name] for name in ("service_id", "plan_id") if name in known}
