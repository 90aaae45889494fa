"""The values that placeholders in a blueprint's steps have."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.errors import Invalid
from core.problems import Problem
from provisioning.blueprints.formats.document import (
    ASKER,
    DOMAIN_KIND,
    PORT_KIND,
    BlueprintDoc,
    StepTemplate,
)
from provisioning.blueprints.formats.paths import paths_outside
from provisioning.blueprints.formats.placeholders import filled_spec
from provisioning.blueprints.selectors.contracting import RequestedContract
from provisioning.blueprints.selectors.placing import datasets, location
from provisioning.blueprints.selectors.resolving import Resolved
from provisioning.drivers import registry
from provisioning.drivers.protocol import Grants
from provisioning.jobs.services import StepSpec

WAREHOUSE = "postgres"
KEEP = "keep"


def steps_of(blueprint: BlueprintDoc, resolved: Resolved, instance_id: UUID) -> list[StepSpec]:
    """The operation's steps that apply, in order, with every placeholder filled in.

    Raises:
        Invalid: a value would lead a path out of its folder.
    """
    values = values_of(blueprint, resolved, instance_id)
    steps = [
        StepSpec(
            each.name, each.driver, each.action, filled_spec(each.spec, values), undo=each.undo
        )
        for each in blueprint.steps_for(resolved.parameters)
    ]
    for each in steps:
        for _, path in paths_outside(each.spec):
            message = f"{path[:80]} would leave the folder of the step “{each.name}”."
            raise Invalid("A path leaves its folder.", [Problem("", "path-outside", message)])
    return steps


def values_of(blueprint: BlueprintDoc, resolved: Resolved, instance_id: UUID) -> dict[str, Any]:
    """`{placeholder: value}`; a parameter that was not given is None."""
    parameters = dict.fromkeys(blueprint.properties) | dict(resolved.parameters)
    values = {
        **{f"parameters.{name}": value for name, value in parameters.items()},
        "name": resolved.parameters.get("name", resolved.slug),
        "slug": resolved.slug,
        "place": resolved.place,
        "fqn": resolved.fqn,
        "domain": resolved.domain.path,
        "team": resolved.team.slug,
        "instance": str(instance_id),
    }
    if blueprint.makes == DOMAIN_KIND:
        values[ASKER] = resolved.asker
    contract = resolved.contract
    if contract is None:
        return values
    values |= contract_values(contract)
    objects = [str(each["name"]) for each in contract.objects]
    place = location(resolved.place, instance_id, objects)
    values |= {"schema": place["schema"], "table": next(iter(place["tables"].values()), "")}
    technology = _elsewhere(blueprint, resolved)
    port = _port(resolved, contract, instance_id, {} if technology else place)
    port["technology"] = technology or registry.granting()[WAREHOUSE].technology
    if blueprint.makes == PORT_KIND:
        product = resolved.product.fqn if resolved.product else ""
        return values | {"product": product, "port": port}
    return values | {"ports": [port]}


def contract_values(contract: RequestedContract) -> dict[str, Any]:
    """What steps may say of the contract."""
    return {
        "contract.id": contract.document_id,
        "contract.version": contract.version,
        "contract.text": contract.text,
        "contract.objects": list(contract.objects),
    }


def _elsewhere(blueprint: BlueprintDoc, resolved: Resolved) -> str:
    """The technology of what another driver than the warehouse's makes; "": the warehouse does."""
    steps = blueprint.steps_for(resolved.parameters)
    if any(each.driver == WAREHOUSE for each in steps):
        return ""
    granting = registry.granting()
    made = (granting[each.driver] for each in steps if _makes(granting.get(each.driver), each))
    return next((each.technology for each in made), "")


def _makes(grants: Grants | None, step: StepTemplate) -> bool:
    return grants is not None and grants.action == step.action


def _port(
    resolved: Resolved, contract: RequestedContract, instance_id: UUID, place: dict[str, Any]
) -> dict[str, Any]:
    """A port at that place; `place` is empty where only the target knows it."""
    tables = datasets(place) if place else []
    if resolved.product is not None:  # not made by the instance of its product
        place = place | {"slug": resolved.place, "instance": str(instance_id)}
    return {
        "name": resolved.parameters.get("port", "table"),
        "major": 1,
        "version": contract.version if resolved.product is None else "1.0.0",
        "contract_id": contract.document_id,
        "contract_version": contract.version,
        "location": place,
        "datasets": [list(each) for each in tables],
    }
