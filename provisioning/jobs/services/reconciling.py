"""Looking at targets again: what differs from the ledger, and mending it (RELIABILITY §3.8).

A look only reads, so it needs no lease: one that breaks off is made again the next time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.actors import Actor, system_actor
from core.clock import db_now
from core.errors import InvalidTransition
from core.rounds import Round
from provisioning.drivers import registry
from provisioning.drivers.models import Target
from provisioning.drivers.protocol import (
    Change,
    Driver,
    DriverError,
    Inventory,
    Labelled,
    Observed,
    Step,
)
from provisioning.jobs import policies
from provisioning.jobs.models import Effect, Instance, Operation, Orphan
from provisioning.jobs.services.acceptance import StepSpec, accept
from provisioning.jobs.services.moves import LOOK_EVERY as EVERY
from provisioning.jobs.states import REMOVALS, OperationKind, OperationState

LOOKS_AFTER_REMOVAL = 2  # at +1 and +10 minutes; then it is gone
BRINGS = (OperationKind.PROVISION, OperationKind.UPDATE, OperationKind.BIND)
CHANGES = {Change.CREATE: "missing", Change.UPDATE: "changed", Change.DELETE: "extra"}
TAKE_DUE = """
UPDATE jobs_instance SET reconcile_at = clock_timestamp() + %s * interval '1 second'
WHERE id = (
  SELECT id FROM jobs_instance i WHERE reconcile_at <= clock_timestamp() AND NOT EXISTS (
    SELECT 1 FROM jobs_operation o WHERE o.instance_id = i.id
    AND o.state NOT IN ('succeeded', 'failed', 'cancelled'))
  ORDER BY reconcile_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id
"""
Drift = list[dict[str, Any]]
_orphans = Round("orphans")
log = structlog.get_logger(__name__)


def look_at_next() -> bool:
    """Look at the instance that has been due longest; False when none is."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_DUE, [EVERY.total_seconds()])
        row = cursor.fetchone()
    if row is None:
        return False
    look_at(Instance.objects.get(pk=row[0]))
    return True


def look_at(instance: Instance) -> Drift | None:
    """Compare the target with the ledger, keep what differs; None when it could not be seen."""
    last = _last(instance)
    if last is None:
        Instance.objects.filter(pk=instance.pk).update(reconcile_at=None)
        return None
    try:
        found = list(_differences(instance, last))
    except DriverError as error:
        log.info("reconcile.unseen", instance=str(instance.pk), why=str(error))
        return None
    _keep(instance, last, found)
    if found and settings.AUTOMATIC_REPAIR and not _has_just_failed(instance):
        _mend(instance, system_actor())
    return found


@transaction.atomic
def repair(*, instance: Instance, actor: Actor) -> Operation:
    """Start the operation that makes the target as the ledger says.

    Raises:
        NotAllowed: the actor may not act for the owner.
        InvalidTransition: nothing differs that a driver could mend.
        ConcurrencyError: another operation is at work on it.
    """
    policies.require_repair(actor, instance)
    instance = Instance.objects.select_for_update().get(pk=instance.pk)
    operation = _mend(instance, actor)
    if operation is None:
        raise InvalidTransition("There is nothing here that the portal could mend.")
    return operation


def look_for_orphans() -> None:
    """Begin to `find_orphans` in a thread: targets may be away, and schedules go on meanwhile."""
    if not _orphans.is_going_on:
        _orphans.begin(find_orphans)


def find_orphans() -> int:
    """List what has our label and no owner, and strangers' rights; returns how many there are.

    In the built-in targets and in those that teams registered; one that cannot be seen just now
    keeps what was found there before.
    """
    count = 0
    for name in registry.versions():
        driver = registry.get_driver(name)
        if isinstance(driver, Inventory):
            own = list(Target.objects.filter(driver=name).values_list("slug", flat=True))
            Orphan.objects.filter(driver=name).exclude(target__in=["", *own]).delete()
            count += sum(_orphans_in(name, driver, target) for target in (None, *own))
    return count


def _last(instance: Instance) -> Operation | None:
    """The operation whose result the target must show."""
    done = Operation.objects.filter(instance=instance, state=OperationState.SUCCEEDED)
    return done.filter(kind__in=[*BRINGS, *REMOVALS]).order_by("-finished_at").first()


def _differences(instance: Instance, last: Operation) -> Iterator[dict[str, Any]]:
    for n, spec in enumerate(last.spec["steps"]):
        driver = registry.get_driver(spec["driver"])
        step = Step(spec["action"], instance.pk, spec["spec"], _silent)
        if last.kind in REMOVALS or spec.get("absent"):
            found = _left(driver, step)
        else:
            found = [*_lacking(driver, step, instance)]
        yield from ({"step": n, "what": what, "kind": k, "name": name} for what, k, name in found)


def _left(driver: Driver, step: Step) -> list[tuple[str, str, str]]:
    """What is there though it was taken away."""
    if not driver.capabilities.is_exact(step.action):
        return []
    observed = driver.observe(step)
    named = [("extra", effect.kind, effect.name) for effect in observed.effects]
    return (named or [("extra", step.action, observed.summary)]) if observed.exists else []


def _lacking(driver: Driver, step: Step, instance: Instance) -> Iterator[tuple[str, str, str]]:
    observed = driver.observe(step)
    if not observed.exists:
        yield "missing", step.action, observed.summary or step.action
    elif driver.capabilities.is_exact(step.action):
        planned = driver.plan(step)
        yield from ((CHANGES[e.change], e.kind, e.name) for e in planned if e.change in CHANGES)
        yield from (("unknown", kind, name) for kind, name in _unrecorded(observed, instance))


def _unrecorded(observed: Observed, instance: Instance) -> set[tuple[str, str]]:
    """What the target shows as ours and the ledger does not have."""
    shown = {(effect.kind, effect.name) for effect in observed.effects}
    known = Effect.objects.filter(instance=instance, removed_at=None).values_list("kind", "name")
    return shown - set(known)


def _keep(instance: Instance, last: Operation, found: Drift) -> None:
    """Unless an operation has begun since: then the look says nothing."""
    ends = last.kind in REMOVALS and not found and instance.looks + 1 >= LOOKS_AFTER_REMOVAL
    unchanged = Instance.objects.filter(pk=instance.pk, fence=instance.fence)
    unchanged.exclude(operations__in=Operation.objects.active()).update(
        drift=found,
        looked_at=Now(),
        looks=instance.looks + 1,
        reconcile_at=None if ends else Now() + EVERY,
    )


def _mend(instance: Instance, actor: Actor) -> Operation | None:
    """Do again the steps that differ; what was to be gone is taken away again as a whole."""
    last = _last(instance)
    drifted = {each["step"] for each in instance_drift(instance.pk) if each["what"] != "unknown"}
    if last is None or not drifted:
        return None
    gone = last.kind in REMOVALS
    mended = [step for n, step in enumerate(last.spec["steps"]) if gone or n in drifted]
    steps = [StepSpec(**{**step, "undo": "absent"}) for step in mended]  # it was there before
    return accept(
        instance_id=instance.pk,
        kind=OperationKind(last.kind) if gone else OperationKind.REPAIR,
        title=f"Repair {instance.name}",
        steps=steps,
        actor=actor,
        team=last.team,
        deadline_s=last.deadline_s,
    )


def instance_drift(instance_id: UUID) -> Drift:
    found: Drift = Instance.objects.values_list("drift", flat=True).get(pk=instance_id)
    return found


def _has_just_failed(instance: Instance) -> bool:
    recent = Operation.objects.filter(instance=instance, finished_at__gt=db_now() - 6 * EVERY)
    return recent.filter(title__startswith="Repair ").exclude(state="succeeded").exists()


def _orphans_in(name: str, driver: Inventory, target: str | None) -> int:
    began = db_now()
    try:
        there = driver.inventory(target)
    except DriverError as error:
        log.info("reconcile.unseen", driver=name, target=target or "", why=str(error))
        return 0
    return _keep_orphans(name, target or "", there, began)


@transaction.atomic
def _keep_orphans(driver: str, target: str, there: Sequence[Labelled], began: dt.datetime) -> int:
    place = Orphan.objects.filter(driver=driver, target=target)
    owned = set(
        Instance.objects.filter(pk__in={each.instance_id for each in there})
        .exclude(observed_state="absent", observed_generation__gt=0)
        .values_list("pk", flat=True)
    )
    lost = [each for each in there if each.instance_id not in owned or each.kind == "right"]
    Orphan.objects.bulk_create(
        (
            Orphan(
                driver=driver,
                target=target,
                kind=each.kind,
                name=each.name,
                instance_id=each.instance_id,
            )
            for each in lost
        ),
        ignore_conflicts=True,
    )
    place.filter(name__in=[each.name for each in lost]).update(last_seen=db_now())
    place.filter(last_seen__lt=began).delete()
    return len(lost)


def _silent(level: str, source: str, text: str) -> None:
    """A look leaves no lines."""
