"""What a request would do, who decides on it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.blueprints.formats.placeholders import filled
from provisioning.blueprints.formats.twins import as_yaml
from provisioning.blueprints.models import BlueprintVersion
from provisioning.blueprints.selectors.placing import datasets, location
from provisioning.blueprints.selectors.resolving import Resolved, resolve
from provisioning.drivers.protocol import DriverError, PlannedEffect, Step
from provisioning.drivers.registry import get_driver
from provisioning.jobs.services import StepSpec

TECHNOLOGY = "postgresql"
FIRST_VERSION = "1.0.0"


@dataclass(frozen=True)
class Plan:
    """A request before it is sent. `unknown` says why some effects could not be looked up."""

    resolved: Resolved
    steps: Sequence[StepSpec]
    effects: Sequence[PlannedEffect]
    unknown: str
    yaml: str


def plan(
    version: BlueprintVersion,
    parameters: Mapping[str, Any],
    *,
    instance_id: UUID,
    actor: Actor,
    purpose: str = "",
) -> Plan:
    """What asking for this would do; changes nothing.

    Raises:
        Invalid: the parameters break a rule; pointers are those of the parameters.
    """
    blueprint = version.content
    resolved = resolve(blueprint, parameters, instance_id=instance_id, actor=actor)
    steps = steps_of(blueprint, resolved, instance_id)
    effects, unknown = _effects(steps, instance_id)
    yaml = as_yaml(
        blueprint.name,
        version.number,
        parameters,
        purpose or str(resolved.parameters.get("purpose", "")),
    )
    return Plan(resolved, steps, effects, unknown, yaml)


def steps_of(blueprint: BlueprintDoc, resolved: Resolved, instance_id: UUID) -> list[StepSpec]:
    """The operation's steps with every placeholder filled in."""
    values = _values(blueprint, resolved, instance_id)
    return [
        StepSpec(each.name, each.driver, each.action, filled(each.spec, values))
        for each in blueprint.steps
    ]


def _values(blueprint: BlueprintDoc, resolved: Resolved, instance_id: UUID) -> dict[str, Any]:
    parameters = dict.fromkeys(blueprint.properties) | dict(resolved.parameters)
    return {
        **{f"parameters.{name}": value for name, value in parameters.items()},
        "slug": resolved.slug,
        "fqn": resolved.fqn,
        "domain": resolved.domain.path,
        "team": resolved.team.slug,
        "instance": str(instance_id),
        "ports": [_port(resolved, instance_id)],
        "contract.id": resolved.contract.document_id,
        "contract.version": resolved.contract.version,
        "contract.text": resolved.contract.text,
        "contract.objects": list(resolved.contract.objects),
    }


def _port(resolved: Resolved, instance_id: UUID) -> dict[str, Any]:
    objects = [str(each["name"]) for each in resolved.contract.objects]
    place = location(resolved.slug, instance_id, objects)
    return {
        "name": resolved.parameters.get("port", "table"),
        "major": 1,
        "version": FIRST_VERSION,
        "technology": TECHNOLOGY,
        "contract_id": resolved.contract.document_id,
        "contract_version": resolved.contract.version,
        "location": place,
        "datasets": [list(each) for each in datasets(place)],
    }


def _effects(steps: Sequence[StepSpec], instance_id: UUID) -> tuple[list[PlannedEffect], str]:
    """What each driver says that its step would change; one that is away only leaves a note."""
    effects: list[PlannedEffect] = []
    unknown = ""
    for each in steps:
        step = Step(each.action, instance_id, each.spec, _silent)
        try:
            effects.extend(get_driver(each.driver).plan(step))
        except DriverError as error:
            unknown = f"{each.name}: {error}"
    return effects, unknown


def _silent(level: str, source: str, text: str) -> None:
    """A plan has no log."""
