"""Each verb is one signed POST to the address of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import (
    Capabilities,
    Change,
    Dedupe,
    EffectRecord,
    Fencing,
    Json,
    Measurement,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
    TemporaryError,
)
from provisioning.drivers.registry import check_spec
from provisioning.drivers.webhook import wire

RESOURCE: Final[Json] = {
    "type": "object",
    "required": ["target", "kind", "name"],
    "additionalProperties": False,
    "properties": {
        "target": {"type": "string"},
        "kind": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$"},
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "parameters": {"type": "object"},
    },
}


class WebhookDriver:
    """Has one thing made per step: `kind` and `name` of an instance, with its parameters."""

    name: ClassVar[str] = "webhook"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.NATIVE, Dedupe.KEY)
    actions: ClassVar[Mapping[str, Json]] = {"resource": RESOURCE}

    def __init__(self, resolve: Callable[[str], Opened]) -> None:
        self._resolve = resolve

    def plan(self, step: Step) -> list[PlannedEffect]:
        """The one thing, made or changed."""
        change = Change.UPDATE if self.observe(step).exists else Change.CREATE
        spec = step.spec
        undone = f"{spec['target']} is asked to remove the {spec['kind']} {spec['name']}."
        return [PlannedEffect(spec["kind"], spec["name"], change, undone)]

    def observe(self, step: Step) -> Observed:
        """What the receiver says is there now."""
        return wire.observed(wire.look(self._place(step), step), _thing(step))

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Have it made."""
        said = wire.write(self._place(step), "ensure", step, effect_key=effect_key, fence=fence)
        if not said["exists"] or said.get("fence") != fence:
            raise TemporaryError("The receiver took the step, but does not say that it is done.")
        return wire.observed(said, _thing(step))

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Have it removed, then look again.

        Raises:
            PermanentError: it is still there.
        """
        wire.write(self._place(step), "absent", step, effect_key=effect_key, fence=fence)
        observed = self.observe(step)
        if observed.exists:
            raise PermanentError("The receiver says that it is still there.")
        return observed

    def measure(self, step: Step) -> Measurement:
        """Not what receivers do."""
        raise PermanentError("A webhook measures nothing.")

    def _place(self, step: Step) -> Opened:
        check_spec(self, step.action, step.spec)
        return self._resolve(step.spec["target"])


def _thing(step: Step) -> EffectRecord:
    return EffectRecord(step.spec["kind"], step.spec["name"], {"change": Change.KEEP.value})
