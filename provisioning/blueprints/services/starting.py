"""Starting the work of what was settled: one operation that makes a new instance."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from accounts.actors import Actor
from provisioning.blueprints.models import BlueprintVersion
from provisioning.blueprints.selectors.resolving import Resolved
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation
from provisioning.jobs.states import OperationKind


def start_making(
    *,
    version: BlueprintVersion,
    resolved: Resolved,
    steps: Sequence[jobs.StepSpec],
    instance_id: UUID,
    title: str,
    actor: Actor,
) -> Operation:
    """Accept the operation that makes it.

    Args:
        resolved, steps: as they were settled in the surrounding transaction.
        actor: whoever asked for it.

    Raises:
        ConcurrencyError: another operation is at work on the instance.
    """
    blueprint = version.content
    return jobs.accept(
        instance_id=instance_id,
        kind=OperationKind.PROVISION,
        title=title,
        steps=steps,
        actor=actor,
        team=resolved.team,
        new_instance=jobs.InstanceData(
            kind=blueprint.makes,
            name=resolved.fqn,
            plan=f"{blueprint.name}@{version.number}",
            domain=resolved.domain,
            owner=resolved.team,
            driver=_target_driver(steps),
        ),
        deadline_s=blueprint.deadline_s,
        result=result_of(version, resolved),
    )


def result_of(version: BlueprintVersion, resolved: Resolved) -> dict[str, str]:
    """What the page of the job links when it is done."""
    if resolved.product is not None:
        return {"product": resolved.product.fqn}
    return {"product": resolved.fqn} if version.content.makes == "data-product" else {}


def _target_driver(steps: Sequence[jobs.StepSpec]) -> str:
    """The driver that works in the target; the catalogue itself is none."""
    return next((each.driver for each in steps if each.driver != "catalog"), "catalog")
