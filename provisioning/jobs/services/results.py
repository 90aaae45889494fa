"""What higher rooms add to the ledger about an operation that has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.services.acceptance import StepSpec


def note_made(*, operation: Operation, plan: str, links: Sequence[Mapping[str, str]]) -> None:
    """Name the blueprint version that the instance follows now, and where its results are seen."""
    Instance.objects.filter(operations=operation).update(plan=plan)
    if links:
        shown = [{"label": each["label"], "url": each["url"]} for each in links]
        operation.result = {**operation.result, "links": shown}
        Operation.objects.filter(pk=operation.pk).update(result=operation.result)


def note_desired(instance_id: UUID, steps: Sequence[StepSpec]) -> None:
    """After a change that failed: what shall be there all the same."""
    desired = {"steps": [step.as_document() for step in steps]}
    Instance.objects.filter(pk=instance_id).update(desired_spec=desired)
