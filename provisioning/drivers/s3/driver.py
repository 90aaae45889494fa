"""The S3 driver: two actions, `area` and `area-grant`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from provisioning.drivers.protocol import (
    Capabilities,
    Dedupe,
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
from provisioning.drivers.s3.granting import GRANTS
from provisioning.drivers.s3.specs import ACTIONS

if TYPE_CHECKING:
    from provisioning.drivers.s3.areas import Area
    from provisioning.drivers.s3.grants import Grant
    from provisioning.drivers.s3.session import Storage


class S3Driver:
    """Makes areas in the storage that `resolve` names for a spec's `target`."""

    name: ClassVar[str] = "s3"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(
        Fencing.LABEL, Dedupe.OBSERVE, exact_actions=frozenset({"area-grant"})
    )
    actions: ClassVar[Mapping[str, Json]] = ACTIONS
    # it reaches into what other instances made: for grants, not for anybody's blueprint
    internal: ClassVar[frozenset[str]] = frozenset({"area-grant"})
    grants: ClassVar[Grants] = GRANTS

    def __init__(self, resolve: Callable[[str], Storage]) -> None:
        self._resolve = resolve

    def plan(self, step: Step) -> list[PlannedEffect]:
        """What `ensure` would change."""
        return self._work(step).plan()

    def observe(self, step: Step) -> Observed:
        """What is there now."""
        return self._work(step).observe()

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Make it so; the fence is compared and set on an object of the storage first."""
        del effect_key  # the storage says what was done
        return self._work(step).ensure(fence)

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Remove it, then read the storage again."""
        del effect_key  # the storage says what was done
        return self._work(step).ensure_absent(fence)

    def measure(self, step: Step) -> Measurement:
        """Areas are not measured."""
        raise PermanentError("An area of objects measures nothing.")

    def _work(self, step: Step) -> Area | Grant:
        from provisioning.drivers.s3.areas import Area  # botocore is heavy, and an extra
        from provisioning.drivers.s3.grants import Grant

        check_spec(self, step.action, step.spec)
        storage = self._resolve(step.spec["target"])
        kind = Area if step.action == "area" else Grant
        return kind(storage, storage.client(), step)
