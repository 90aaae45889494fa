"""A target for tests: things on a shelf, with a fence, and faults on demand."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from provisioning.drivers.protocol import (
    Capabilities,
    Dedupe,
    EffectRecord,
    Fencing,
    Json,
    Measurement,
    Observed,
    Pending,
    PermanentError,
    PlannedEffect,
    StaleFence,
    Step,
    TemporaryError,
)

SPEC: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
    "additionalProperties": False,
}


class Shelf:
    """Keeps things by instance and name. `faults[name]` is raised as often as it lists errors."""

    name: ClassVar[str] = "shelf"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.NATIVE, Dedupe.KEY)
    actions: ClassVar[Mapping[str, Json]] = {"put": SPEC, "tell": SPEC}

    def __init__(self) -> None:
        self.things: dict[tuple[UUID, str], str] = {}
        self.made: Counter[str] = Counter()
        self.calls: list[tuple[str, str, int]] = []
        self.told: list[Mapping[str, Any]] = []  # the progress each call came with
        self.faults: dict[str, list[Exception]] = {}
        self.undo_faults: dict[str, list[Exception]] = {}
        self.glued: set[str] = set()
        self.links: dict[str, str] = {}  # where a thing can be looked at
        self.before: dict[str, Callable[[], object]] = {}
        self._fences: dict[UUID, int] = {}
        self._lock = threading.Lock()

    def plan(self, step: Step) -> list[PlannedEffect]:
        return []

    def observe(self, step: Step) -> Observed:
        return Observed((step.instance_id, step.spec["name"]) in self.things)

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        name = step.spec["name"]
        self._arrive("ensure", step, fence)
        step.log("info", "shelf", f"putting {name}")
        if self.things.get((step.instance_id, name)) != effect_key:
            self.things[step.instance_id, name] = effect_key
            self.made[name] += 1
        return Observed(
            True,
            fence,
            f"{name} is on the shelf",
            (EffectRecord("thing", name, {"change": "create"}),),
            {"result": {name: "there", **self._links(name)}},
            {"key": f"secret of {name}"} if step.action == "tell" else {},
        )

    def _links(self, name: str) -> dict[str, Any]:
        url = self.links.get(name)
        return {"links": [{"label": name, "url": url}]} if url else {}

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        self._arrive("absent", step, fence)
        if step.spec["name"] in self.glued:
            raise TemporaryError("It cannot be taken off the shelf.")
        self.things.pop((step.instance_id, step.spec["name"]), None)
        return Observed(False, fence, f"{step.spec['name']} is gone")

    def measure(self, step: Step) -> Measurement:
        raise PermanentError("A shelf measures nothing.")

    def _arrive(self, verb: str, step: Step, fence: int) -> None:
        name = step.spec["name"]
        self.before.pop(name, lambda: None)()
        with self._lock:
            if fence < self._fences.get(step.instance_id, 0):
                raise StaleFence("A newer worker has been here.")
            self._fences[step.instance_id] = fence
            self.calls.append((verb, name, fence))
            self.told.append(step.progress)
            faults = self.faults if verb == "ensure" else self.undo_faults
            if faults.get(name):
                raise faults[name].pop(0)


def temporary(times: int) -> list[Exception]:
    return [TemporaryError("The shelf is busy.", retry_after_s=0) for _ in range(times)]


def pending(*steps: int, retry_after_s: float = 0.2) -> list[Exception]:
    """The target goes on by itself, and says each time how far it is."""
    return [
        Pending(f"{done} % done", progress={"done": done}, retry_after_s=retry_after_s)
        for done in steps
    ]


def permanent() -> list[Exception]:
    return [PermanentError("The shelf has no room.")]


def spec(name: str) -> dict[str, Any]:
    return {"name": name}
