"""The one Celery task; what a worker process does besides stands in `pulling`."""

from uuid import UUID

from celery import shared_task

from provisioning.jobs.dispatch import WAKE
from provisioning.jobs.tasks import pulling


@shared_task(name=WAKE, ignore_result=True, acks_late=False)
def wake(operation_id: str) -> None:
    """Run one operation, if it is still due and nobody's. Losing or repeating this is harmless."""
    pulling.here().run_one(UUID(operation_id))
