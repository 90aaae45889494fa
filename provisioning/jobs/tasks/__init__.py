"""The one Celery task; what a worker process does besides stands in `pulling`."""

from celery import shared_task

from provisioning.jobs.dispatch import WAKE
from provisioning.jobs.tasks import pulling


@shared_task(name=WAKE, ignore_result=True, acks_late=False)
def wake(operation_id: str) -> None:
    """Run an operation that is due. Which one, the turns of the domains say, not the message: so
    losing or repeating one is harmless, and a thousand of one domain keep no other waiting.
    """
    pulling.here().wake()
