"""The git driver: one action, `repository`; the same in a folder and on a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from provisioning.drivers.git import scaffolds
from provisioning.drivers.git.specs import ACTIONS
from provisioning.drivers.protocol import (
    Capabilities,
    Dedupe,
    Fencing,
    Json,
    Measurement,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
)
from provisioning.drivers.registry import check_spec

if TYPE_CHECKING:
    from provisioning.drivers.git.repository import Repository
    from provisioning.drivers.git.stores import Store

Describe = Callable[[UUID], Mapping[str, str]]


class GitDriver:
    """Makes repositories in the store that `resolve` names for a spec's `target`.

    Args:
        describe: `{path: text}` of what the catalogue says of the product of an instance.
    """

    name: ClassVar[str] = "git"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.NATIVE, Dedupe.OBSERVE)
    actions: ClassVar[Mapping[str, Json]] = ACTIONS

    def __init__(self, resolve: Callable[[str | None], Store], describe: Describe) -> None:
        self._resolve = resolve
        self._describe = describe

    def judge(self, action: str, spec: Json) -> None:
        """Raises: PermanentError: a path, a placeholder or a size of the scaffold is refused."""
        scaffolds.judge(Step(action, UUID(int=0), spec, lambda *_line: None))

    def plan(self, step: Step) -> list[PlannedEffect]:
        """What `ensure` would change."""
        return self._repository(step).plan(self._described(step))

    def observe(self, step: Step) -> Observed:
        """What is there now."""
        return self._repository(step).observe()

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Make it hold the scaffold's files; fence, label and commit are written together."""
        return self._repository(step).ensure(self._described(step), effect_key, fence)

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Take it away; commits of people are never lost."""
        return self._repository(step).ensure_absent(effect_key, fence)

    def measure(self, step: Step) -> Measurement:
        """Repositories are not measured."""
        raise PermanentError("A repository measures nothing.")

    def _repository(self, step: Step) -> Repository:
        from provisioning.drivers.git.repository import Repository  # dulwich weighs 20 MB

        check_spec(self, step.action, step.spec)
        return Repository(self._resolve(step.spec.get("target")), step)

    def _described(self, step: Step) -> Mapping[str, str]:
        return self._describe(step.instance_id) if step.spec.get("descriptors") else {}
