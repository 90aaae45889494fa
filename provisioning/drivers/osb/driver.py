"""Service instances and bindings, made by a broker of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from provisioning.drivers.memory import raise_fence
from provisioning.drivers.osb import bindings, instances, things
from provisioning.drivers.osb.catalog import Offer, find_offer
from provisioning.drivers.osb.granting import GRANTS
from provisioning.drivers.osb.life import Life, Thing, remove
from provisioning.drivers.osb.looking import look
from provisioning.drivers.osb.specs import ACTIONS
from provisioning.drivers.osb.wire import Broker
from provisioning.drivers.protocol import (
    Capabilities,
    Change,
    Dedupe,
    EffectRecord,
    Fencing,
    Grants,
    Json,
    Measurement,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
)
from provisioning.drivers.registry import check_spec

UNDONE = {
    "instance": "The broker is asked to remove the service and what is in it.",
    "binding": "The broker is asked to withdraw the credentials.",
}


class OsbDriver:
    """Asks the broker that `resolve` finds for a spec's `target`.

    The broker tells a request from its repetition by the id; a row of ours keeps the fence.
    """

    name: ClassVar[str] = "osb"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.LABEL, Dedupe.KEY)
    actions: ClassVar[Mapping[str, Json]] = ACTIONS
    grants: ClassVar[Grants] = GRANTS

    def __init__(self, resolve: Callable[[str], Broker]) -> None:
        self._resolve = resolve

    def plan(self, step: Step) -> list[PlannedEffect]:
        """One thing, made, changed or kept; its name says what the plan costs."""
        broker = self._broker(step)
        offer = _offer(broker, step)
        thing = _thing(step, offer)
        seen = look(broker, thing)
        change = Change.CREATE
        if seen.exists:
            wanted: dict[str, Any] = {**thing.ids, **thing.wants}
            same = all(seen.known.get(name) == value for name, value in wanted.items())
            change = Change.KEEP if same else Change.UPDATE
        return [PlannedEffect(thing.noun, offer.text, change, UNDONE[step.action])]

    def observe(self, step: Step) -> Observed:
        """What is there, as far as the broker tells; else what it was last known to have."""
        thing = _thing(step)
        seen = look(self._broker(step), thing)
        row = "there" if seen.exists else "not there"
        plan_id = seen.body.get("plan_id") or seen.known.get("plan_id")
        return Observed(
            seen.exists, summary=f"The {thing.noun} is {row}.", attributes={"plan_id": plan_id}
        )

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Have it made, or changed to what the spec says."""
        broker = self._broker(step)
        thing = _thing(step)
        life = Life(broker, thing, step, effect_key, fence, raise_fence(thing.resource, fence))
        life.keep(state=life.state or "unsent")
        offer = _offer(broker, step)
        life.thing = _thing(step, offer)
        life.keep(retrievable=things.is_retrievable(thing, offer.service))
        ensure = instances.ensure if step.action == "instance" else bindings.ensure
        made = ensure(life, offer)
        effect = EffectRecord(
            thing.noun,
            f"{offer.service.title} {thing.path.rpartition('/')[2]}",
            {"change": made.change.value, "plan": offer.plan.title, "price": offer.plan.price},
        )
        return Observed(
            True,
            fence=fence,
            summary=f"{offer.text}: the {thing.noun} is there.",
            effects=(effect,),
            attributes=made.attributes,
            secrets=made.secrets,
        )

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Have it removed, then look again; what is known not to be there is not asked for.

        Raises:
            PermanentError: the broker says that it is removed, and still shows it.
        """
        broker, thing = self._broker(step), _thing(step)
        known = raise_fence(thing.resource, fence)
        life = Life(broker, thing, step, effect_key, fence, known)
        if life.state == "unsent":
            return Observed(False, fence=fence, summary=f"No {thing.noun} was asked for.")
        if life.state != "absent":
            remove(life)
        if look(broker, thing).exists:
            life.keep(state="orphan", reason="", again=False)
            raise PermanentError(
                f"The broker says the {thing.noun} is removed, and still shows it."
            )
        return Observed(False, fence=fence, summary=f"The {thing.noun} is gone.")

    def measure(self, step: Step) -> Measurement:
        """Brokers measure nothing."""
        raise PermanentError("A service broker has no rows to check.")

    def _broker(self, step: Step) -> Broker:
        check_spec(self, step.action, step.spec)
        return self._resolve(step.spec["target"])


def _thing(step: Step, offer: Offer | None = None) -> Thing:
    return things.instance(step, offer) if step.action == "instance" else things.binding(step)


def _offer(broker: Broker, step: Step) -> Offer:
    """What the catalogue says by now of the plan that the step wants."""
    return find_offer(broker.catalog(), step.spec["service_id"], step.spec["plan_id"])
