"""What a request would do, who decides on it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from provisioning.blueprints.formats.defaults import with_defaults
from provisioning.blueprints.formats.differences import Difference, differences
from provisioning.blueprints.formats.document import FIXED, BlueprintDoc
from provisioning.blueprints.formats.twins import as_yaml
from provisioning.blueprints.models import BlueprintVersion
from provisioning.blueprints.selectors.existing import Existing
from provisioning.blueprints.selectors.resolving import Resolved, resolve
from provisioning.blueprints.selectors.values import KEEP, steps_of
from provisioning.drivers.protocol import Change, DriverError, PlannedEffect, Step
from provisioning.drivers.registry import get_driver
from provisioning.jobs.services import StepSpec


@dataclass(frozen=True)
class Settled:
    """What a request asks for, once everything in it is known to be right."""

    resolved: Resolved
    steps: Sequence[StepSpec]
    differences: Sequence[Difference]  # of a change: parameters, old and new


@dataclass(frozen=True)
class Plan(Settled):
    """A request before it is sent. `unknown` says why some effects could not be looked up."""

    effects: Sequence[PlannedEffect]
    unknown: str
    yaml: str


def settle(
    version: BlueprintVersion,
    parameters: Mapping[str, Any],
    *,
    instance_id: UUID,
    actor: Actor,
    before: Existing | None = None,
) -> Settled:
    """What is asked for; changes nothing, and asks no target.

    Args:
        before: what is to be changed; None: something new is made.

    Raises:
        Invalid: the parameters break a rule; pointers are those of the parameters.
    """
    blueprint = version.content
    resolved = resolve(blueprint, parameters, instance_id=instance_id, actor=actor, before=before)
    steps = steps_of(blueprint, resolved, instance_id)
    if before is None:
        return Settled(resolved, steps, ())
    steps += dropped_steps(before, steps)
    return Settled(resolved, steps, _differences(blueprint, before, resolved))


def plan(
    version: BlueprintVersion,
    parameters: Mapping[str, Any],
    *,
    instance_id: UUID,
    actor: Actor,
    purpose: str = "",
    before: Existing | None = None,
) -> Plan:
    """What asking for this would do, as the targets are now; changes nothing.

    Args:
        before: what is to be changed; None: something new is made.

    Raises:
        Invalid: the parameters break a rule; pointers are those of the parameters.
    """
    settled = settle(version, parameters, instance_id=instance_id, actor=actor, before=before)
    resolved = settled.resolved
    effects, unknown = _effects(settled.steps, instance_id)
    yaml = as_yaml(
        version.content.name,
        version.number,
        parameters,
        purpose or str(resolved.parameters.get("purpose", "")),
        instance=str(instance_id) if before else "",
    )
    return Plan(resolved, settled.steps, settled.differences, effects, unknown, yaml)


def _differences(blueprint: BlueprintDoc, before: Existing, resolved: Resolved) -> list[Difference]:
    """What is asked for otherwise than it is now, defaults included; names do not change."""
    present = with_defaults(before.resource.version.content.parameters, before.parameters)
    found = differences(blueprint.properties, present, resolved.parameters)
    return [each for each in found if each.name not in FIXED]


def dropped_steps(before: Existing, steps: Sequence[StepSpec]) -> list[StepSpec]:
    """Steps that made something once and do not apply any more: what they made is taken away.

    The last one comes first, as when everything is undone.
    """
    known = {each.name for each in steps}
    past = [StepSpec(**each) for each in before.instance.desired_spec.get("steps", ())]
    return [
        replace(each, name=f"Remove: {each.name}", absent=True)
        for each in reversed(past)
        if each.name not in known and each.undo != KEEP and not each.absent
    ]


def removal_steps(before: Existing) -> list[StepSpec]:
    """What a retirement takes away: the last step first; what is to be kept is left out."""
    past = [StepSpec(**each) for each in before.instance.desired_spec.get("steps", ())]
    return [each for each in reversed(past) if each.undo != KEEP and not each.absent]


def _effects(steps: Sequence[StepSpec], instance_id: UUID) -> tuple[list[PlannedEffect], str]:
    """What each driver says that its step would change; one that is away only leaves a note."""
    effects: list[PlannedEffect] = []
    unknown = ""
    for each in steps:
        step = Step(each.action, instance_id, each.spec, _silent)
        try:
            found = get_driver(each.driver).plan(step)
        except DriverError as error:
            unknown = f"{each.name}: {error}"
            continue
        effects += [_removed(one) for one in found] if each.absent else found
    return effects, unknown


def _removed(effect: PlannedEffect) -> PlannedEffect:
    return replace(effect, change=Change.DELETE, if_undone="It stays away; what was in it is lost.")


def _silent(level: str, source: str, text: str) -> None:
    """A plan has no log."""
