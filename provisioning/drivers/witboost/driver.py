"""Components of data products and who may read them, made by a tech adapter of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from provisioning.drivers.memory import raise_fence, recalled
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
from provisioning.drivers.witboost import acl, components
from provisioning.drivers.witboost.descriptor import as_text, component_descriptor, component_id
from provisioning.drivers.witboost.granting import GRANTS
from provisioning.drivers.witboost.specs import ACTIONS
from provisioning.drivers.witboost.tasks import Life
from provisioning.drivers.witboost.wire import Adapter

UNDONE = {
    "component": "The adapter is asked to remove the component and its data.",
    "acl": "The adapter is asked to let nobody read any more.",
}


class WitboostDriver:
    """Asks the adapter that `resolve` finds for a spec's `target`.

    Adapters repeat an operation without harm but tell nobody what they hold: a row of ours keeps
    the fence and what was done.
    """

    name: ClassVar[str] = "witboost"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.LABEL, Dedupe.NONE)
    actions: ClassVar[Mapping[str, Json]] = ACTIONS
    grants: ClassVar[Grants] = GRANTS

    def __init__(self, resolve: Callable[[str], Adapter]) -> None:
        self._resolve = resolve

    def plan(self, step: Step) -> list[PlannedEffect]:
        """One thing, made, changed or kept; an adapter that objects says so here."""
        there = self._asked(step).exists
        change = Change.UPDATE if there else Change.CREATE
        return [PlannedEffect(step.action, _name(step), change, UNDONE[step.action])]

    def observe(self, step: Step) -> Observed:
        """What is known to be there; the adapter is asked whether it answers and still agrees."""
        return self._asked(step)

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Have it made, or changed to what the spec says."""
        life = self._life(step, fence)
        life.keep(state=life.state or "unsent")
        attributes: dict[str, Any] = {}
        if step.action == "acl":
            change = acl.ensure(life, _component_of(step))
        else:
            change, attributes = components.ensure(life, effect_key)
        effect = EffectRecord(step.action, _name(step), {"change": change.value})
        return Observed(
            True,
            fence=fence,
            summary=f"{_name(step)}: {'readers are' if step.action == 'acl' else 'it is'} set up.",
            effects=(effect,),
            attributes=attributes,
        )

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Have it removed; what was never asked for is not there."""
        life = self._life(step, fence)
        if life.state not in ("unsent", "absent"):
            if step.action == "acl":
                acl.remove(life, _component_of(step))
            else:
                components.remove(life)
        return Observed(False, fence=fence, summary=f"{_name(step)} is gone.")

    def measure(self, step: Step) -> Measurement:
        """Adapters measure nothing."""
        raise PermanentError("A tech adapter has no rows to check.")

    def _life(self, step: Step, fence: int) -> Life:
        adapter, resource = self._adapter(step), _resource(step)
        return Life(adapter, step, resource, fence, raise_fence(resource, fence))

    def _asked(self, step: Step) -> Observed:
        adapter = self._adapter(step)
        objections = adapter.objections(as_text(component_descriptor(step.spec)))
        exists = recalled(_resource(step)).get("state") == "there"
        if objections and not exists:
            text = "; ".join(objections)[:600]
            raise PermanentError(f"The adapter does not accept the component: {text}")
        more = {"objections": objections} if objections else {}
        row = "there" if exists else "not there"
        return Observed(exists, summary=f"{_name(step)} is {row}.", attributes=more)

    def _adapter(self, step: Step) -> Adapter:
        check_spec(self, step.action, step.spec)
        return self._resolve(step.spec["target"])


def _name(step: Step) -> str:
    return component_id(step.spec["product"], step.spec["component"]["name"])


def _resource(step: Step, action: str = "", owner: Any = None) -> str:
    parts = (step.spec["target"], owner or step.instance_id, action or step.action, _name(step))
    return ":".join(map(str, ("witboost", *parts)))[:700]


def _component_of(step: Step) -> acl.Component:
    """The component that an `acl` step is about."""
    return acl.component_at(_resource(step, "component", step.spec.get("of")))
