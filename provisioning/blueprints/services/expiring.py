"""What ends on a day: people are warned, then it is retired like anything else."""

from __future__ import annotations

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.actors import system_actor
from core import audit, outbox
from core.clock import db_now
from core.errors import DomainError
from provisioning.blueprints.models import Resource
from provisioning.blueprints.selectors import existing, removal_steps
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation
from provisioning.jobs.states import OperationKind

AT_ONCE = 50  # of one tick
log = structlog.get_logger(__name__)


def retire_expired() -> int:
    """Start the retirement of what has ended, as new operations; returns how many.

    What another job is at work on waits for the next tick.
    """
    today = db_now().date()
    due = list(_living().filter(expires_on__lt=today).order_by("expires_on", "pk")[:AT_ONCE])
    return sum(_retire(resource) for resource in due)


@transaction.atomic
def warn_expiring() -> int:
    """Tell once that something ends soon; returns how many were told."""
    due = _living().filter(warn_on__lte=db_now().date()).order_by("warn_on", "pk")
    rows = list(due.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    Resource.objects.filter(pk__in=[each.pk for each in rows]).update(warn_on=None)
    for each in rows:
        _tell(each, "resource.expiring")
    return len(rows)


def _retire(resource: Resource) -> bool:
    instance = resource.instance
    try:
        with transaction.atomic():
            jobs.accept(
                instance_id=instance.pk,
                kind=OperationKind.DEPROVISION,
                title=f"Retire {instance.kind.replace('-', ' ')} {instance.name}: it has ended",
                steps=removal_steps(existing(resource)),
                actor=system_actor(),
                team=instance.owner,
                deadline_s=resource.version.content.deadline_s,
            )
            _tell(resource, "resource.expired")
    except DomainError as error:
        log.warning("resource.not-retired", instance=str(instance.pk), reason=str(error))
        return False
    return True


def _living() -> QuerySet[Resource]:
    at_work = Operation.objects.active().filter(instance=OuterRef("instance"))
    present = Resource.objects.exclude(instance__observed_state="absent").filter(~Exists(at_work))
    return present.select_related("instance__owner", "instance__domain", "version__blueprint")


def _tell(resource: Resource, verb: str) -> None:
    instance = resource.instance
    facts = {"name": instance.name, "expires_on": str(resource.expires_on)}
    audit.record(actor=audit.SYSTEM, verb=verb, kind="resource", object_id=instance.pk, **facts)
    outbox.emit(verb, key=instance.pk, instance_id=str(instance.pk), **facts)
