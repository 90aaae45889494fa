"""Another plan or other parameters for a service instance that is there."""

from __future__ import annotations

from typing import Any, NoReturn

from provisioning.drivers.osb.catalog import Offer, Service
from provisioning.drivers.osb.life import ASYNC, FAILED, Life, begun, look_back, now_text, waiting
from provisioning.drivers.osb.wire import refusal
from provisioning.drivers.places import in_driver_words
from provisioning.drivers.protocol import PermanentError, TemporaryError


def differs(life: Life) -> bool:
    """Whether the broker has the instance in another plan, or with other parameters."""
    wanted = {**life.thing.ids, **life.thing.wants}
    return any(life.known.get(name) != value for name, value in wanted.items())


def change(life: Life, offer: Offer) -> None:
    """Have the instance changed; a change that fails leaves it there and removes nothing.

    Raises:
        DriverError: it is not changed (yet).
    """
    wanted = {**life.thing.ids, **life.thing.wants}
    running = life.known.get("update")
    if running is None or running["wanted"] != wanted or "lost" in running:
        running = _ask(life, offer, wanted)
    if running is not None:
        ended, words = look_back(life, running)
        if ended == FAILED:
            life.keep(update=None)
            raise PermanentError(f"The broker could not change the service instance. {words}")
    life.keep(**wanted, update=None, max_polling_s=offer.plan.max_polling_s)


def _ask(life: Life, offer: Offer, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Send the change; None when it is done already."""
    before = life.ids()
    _require_updateable(offer.service, before, life.thing.ids)
    body = {
        **{name: value for name, value in life.thing.body.items() if name not in NOT_SENT},
        "previous_values": {
            **before,
            "organization_id": life.thing.body["organization_guid"],
            "space_id": life.thing.body["space_guid"],
        },
    }
    with in_driver_words():
        said = life.send("PATCH", ASYNC, body=body)
    if said.status == 202 and said.is_object:
        life.keep(update={**begun(life, said), "wanted": wanted})
        raise waiting(life.known["update"], "The broker is at work on it.", said.retry_after_s)
    if said.error == "ConcurrencyError":
        _await_unheard(life, wanted)
    if said.status >= 300:
        raise refusal(said)
    if said.status != 200 or not said.is_object:
        raise TemporaryError(f"The broker {said.place} does not answer as a broker has to.")
    return None


def _await_unheard(life: Life, wanted: dict[str, Any]) -> NoReturn:
    """The broker is at work on what nobody wrote down, perhaps this very change, whose sender died.

    Once it has ended the change is asked for again: one that was made is then answered with 200.
    """
    running = life.known.get("update") or {}
    if "lost" not in running:
        running = {"operation": "", "since": now_text(), "wanted": wanted, "lost": True}
        life.keep(update=running)
    ended, words = look_back(life, running)
    if ended == FAILED:
        life.keep(update=None)
        raise TemporaryError(f"The broker was at work on something else. {words}")
    raise waiting(running, "The broker has ended what it was at.", 1)


NOT_SENT = frozenset({"organization_guid", "space_guid"})


def _require_updateable(service: Service, before: dict[str, str], wanted: dict[str, str]) -> None:
    if before["service_id"] != wanted["service_id"]:
        raise PermanentError("A service instance cannot become one of another service.")
    if before["plan_id"] == wanted["plan_id"]:
        return
    held = next((plan for plan in service.plans if plan.id == before["plan_id"]), None)
    if held is None or not held.updateable:
        name = held.title if held else before["plan_id"]
        raise PermanentError(f"The broker does not let an instance leave the plan {name}.")
