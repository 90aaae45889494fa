"""The values that placeholders in a blueprint's steps have."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.errors import Invalid
from core.problems import Problem
from provisioning.blueprints.formats.document import ASKER, DOMAIN_KIND, PORT_KIND, BlueprintDoc
from provisioning.blueprints.formats.paths import paths_outside
from provisioning.blueprints.formats.placeholders import filled_spec
from provisioning.blueprints.selectors.contracting import RequestedContract
from provisioning.blueprints.selectors.placing import datasets, location
from provisioning.blueprints.selectors.resolving import Resolved
from provisioning.jobs.services import StepSpec

TECHNOLOGY = "postgresql"
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
    port = _port(resolved, contract, instance_id)
    place = port["location"]
    values |= {"schema": place["schema"], "table": next(iter(place["tables"].values()), "")}
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


def _port(resolved: Resolved, contract: RequestedContract, instance_id: UUID) -> dict[str, Any]:
    objects = [str(each["name"]) for each in contract.objects]
    place = location(resolved.place, instance_id, objects)
    if resolved.product is not None:  # not made by the instance of its product
        place |= {"slug": resolved.place, "instance": str(instance_id)}
    return {
        "name": resolved.parameters.get("port", "table"),
        "major": 1,
        "version": contract.version if resolved.product is None else "1.0.0",
        "technology": TECHNOLOGY,
        "contract_id": contract.document_id,
        "contract_version": contract.version,
        "location": place,
        "datasets": [list(each) for each in datasets(place)],
    }
