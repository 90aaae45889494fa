"""Accepting an operation: one transaction, then a nudge (RELIABILITY §3.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.actors import Actor
from accounts.models import Domain, Team
from core import audit
from core.clock import db_now
from core.copying import insert_objects
from core.errors import ConcurrencyError, Invalid, InvalidTransition
from core.problems import Problem
from provisioning.drivers import registry
from provisioning.drivers.protocol import PermanentError
from provisioning.jobs import extensions, policies
from provisioning.jobs.models import Instance, Operation, OperationStep
from provisioning.jobs.services.moves import note
from provisioning.jobs.services.nudging import nudge_after_commit
from provisioning.jobs.states import REMOVALS, TERMINAL, OperationKind, OperationState

MEASURE = "measure"
KEEP_GENERATION = frozenset({OperationKind.ROTATE, OperationKind.REPAIR})


@dataclass(frozen=True)
class StepSpec:
    """One step of an operation: a driver's action and what it works on; no secrets."""

    name: str
    driver: str
    action: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    undo: str = "absent"  # keep: stays when the operation fails; always: of a change, goes then
    absent: bool = False  # of a change: what this step once made is taken away

    def as_document(self) -> dict[str, Any]:
        """As the ledger keeps it; `StepSpec(**document)` is the step again."""
        return {**vars(self), "spec": dict(self.spec)}


@dataclass(frozen=True)
class InstanceData:
    """An instance that the operation brings about."""

    kind: str  # data-product, grant
    name: str
    plan: str  # blueprint@version, or empty
    domain: Domain
    owner: Team
    driver: str


def effect_key(instance_id: UUID | None, generation: int, n: int, direction: str) -> str:
    """The key under which a target may remember a step (RELIABILITY §1)."""
    return hashlib.sha256(f"{instance_id}|{generation}|{n}|{direction}".encode()).hexdigest()


@transaction.atomic
def accept(
    *,
    instance_id: UUID,
    kind: OperationKind,
    title: str,
    steps: Sequence[StepSpec],
    actor: Actor,
    team: Team | None = None,
    new_instance: InstanceData | None = None,
    deadline_s: float = 900,
    result: Mapping[str, Any] | None = None,
) -> Operation:
    """Write the operation, its steps and the instance's desired state; workers do the rest.

    Who is refused by a constraint leaves the transaction, or its savepoint, at once.

    Args:
        instance_id: an instance that is there, or the id for `new_instance`.
        steps: in the order to do; `deprovision` and `unbind` remove, step by step.
        team: for whom, e.g. the consumer of a grant.
        deadline_s: after that long it is undone.
        result: names and links for people, e.g. `{"product": fqn}`.

    Raises:
        Invalid: a step that no driver here can do; pointer `/steps/<n>`.
        ConcurrencyError: another operation is at work on the instance.
    """
    _require_doable(steps)
    instance = _desired_instance(instance_id, kind, steps, new_instance)
    operation = Operation(
        instance=instance,
        lane=instance.domain_id,
        kind=kind,
        title=title[:300],
        actor_id=actor.user_id or 0,
        actor_name=actor.name,
        team=team,
        spec={"steps": [step.as_document() for step in steps]},
        driver_versions=_pinned(steps),
        deadline_at=db_now() + dt.timedelta(seconds=deadline_s),
        result=dict(result or {}),
    )
    try:
        operation.save(force_insert=True)
    except IntegrityError as error:
        raise _busy(instance) from error
    _write_steps(operation, steps, generation=instance.generation)
    _announce(operation, actor)
    return operation


@transaction.atomic
def accept_check(*, order: extensions.CheckOrder, actor: Actor, source: str) -> Operation:
    """Write an operation that measures and changes nothing; it has no instance of its own."""
    spec = {
        "instance_id": str(order.instance_id),
        "measure": dict(order.spec),
        "subject": dict(order.subject),
        "source": source,
    }
    step = StepSpec(name="Measure", driver=order.driver, action=MEASURE, spec=spec)
    operation = Operation.objects.create(
        kind=OperationKind.CHECK,
        title=order.title[:300],
        actor_id=actor.user_id or 0,
        actor_name=actor.name,
        team_id=order.team_id,
        spec={"steps": [step.as_document()]},
        driver_versions=_pinned([step]),
        deadline_at=db_now() + dt.timedelta(seconds=300),
    )
    _write_steps(operation, [step], generation=0)
    _announce(operation, actor)
    return operation


@transaction.atomic
def retry(*, operation: Operation, actor: Actor) -> Operation:
    """Do it again: now, when it waits to try again; as a new operation, when it has ended.

    The new operation has the same steps; drivers find what is there and keep it.

    Raises:
        NotAllowed: the actor may not steer it.
        InvalidTransition: it is at work, or has succeeded.
        ConcurrencyError: another operation is at work on the instance.
    """
    policies.require_steer(actor, operation)
    operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    audit.record(
        actor=actor.name, verb="operation.retried", kind="operation", object_id=operation.pk
    )
    if operation.state == OperationState.RETRY_WAIT:
        return _try_now(operation, actor)
    if operation.state not in TERMINAL - {OperationState.SUCCEEDED}:
        raise InvalidTransition("This job is at work or has succeeded.", state=operation.state)
    repeated = _repeat(operation, actor)
    extensions.tell_retried(operation, repeated)
    return repeated


def _try_now(operation: Operation, actor: Actor) -> Operation:
    operation.run_after = db_now()
    operation.nudges, operation.nudged_at = 0, None
    operation.save(update_fields=["run_after", "nudges", "nudged_at"])
    note(operation, f"{actor.name} asked to try again now")
    nudge_after_commit(operation.pk)
    return operation


def _repeat(operation: Operation, actor: Actor) -> Operation:
    if operation.instance_id is None:
        raise InvalidTransition("Checks run again by their schedule.", state=operation.state)
    return accept(
        instance_id=operation.instance_id,
        kind=OperationKind(operation.kind),
        title=operation.title,
        steps=[StepSpec(**step) for step in operation.spec["steps"]],
        actor=actor,
        team=operation.team,
        deadline_s=operation.deadline_s,
        result=operation.result,
    )


def _require_doable(steps: Sequence[StepSpec]) -> None:
    problems = []
    for n, step in enumerate(steps):
        try:
            registry.check_spec(registry.get_driver(step.driver), step.action, step.spec)
        except PermanentError as error:
            problems.append(Problem(f"/steps/{n}", "step-not-doable", str(error)))
    if problems:
        raise Invalid(problems[0].message, problems)


def _desired_instance(
    instance_id: UUID,
    kind: OperationKind,
    steps: Sequence[StepSpec],
    new_instance: InstanceData | None,
) -> Instance:
    instance = Instance.objects.select_for_update().filter(pk=instance_id).first()
    desired = {"steps": [step.as_document() for step in steps if not step.absent]}
    if instance is None:
        if new_instance is None:
            raise Instance.DoesNotExist(f"there is no instance {instance_id}")
        return _new_instance(instance_id, new_instance, desired)
    if kind not in KEEP_GENERATION:
        instance.generation += 1  # its row is locked
        if kind in REMOVALS:
            instance.deletion_requested_at = db_now()
        else:
            instance.desired_spec = desired
        instance.save(update_fields=["generation", "desired_spec", "deletion_requested_at"])
    return instance


def _new_instance(instance_id: UUID, data: InstanceData, desired: dict[str, Any]) -> Instance:
    """Two that race for one id end here: the second waits for the first, then is refused."""
    try:
        return Instance.objects.create(
            id=instance_id,
            desired_spec=desired,
            driver_version=registry.versions().get(data.driver, ""),
            **{name: getattr(data, name) for name in InstanceData.__dataclass_fields__},
        )
    except IntegrityError as error:
        raise _busy(None) from error


def _busy(instance: Instance | None) -> ConcurrencyError:
    what = f"“{instance.name}”" if instance else "this"
    return ConcurrencyError(f"Another job is at work on {what}. Wait until it has ended.")


def _pinned(steps: Sequence[StepSpec]) -> dict[str, str]:
    known = registry.versions()
    return {step.driver: known.get(step.driver, "") for step in steps}


def _write_steps(operation: Operation, steps: Sequence[StepSpec], *, generation: int) -> None:
    instance_id = operation.instance_id or operation.pk
    insert_objects(
        [
            OperationStep(
                operation=operation,
                n=n,
                name=step.name,
                driver=step.driver,
                action=step.action,
                spec=dict(step.spec),
                effect_key=effect_key(instance_id, generation, n, "forward"),
            )
            for n, step in enumerate(steps)
        ]
    )


def _announce(operation: Operation, actor: Actor) -> None:
    note(operation, f"accepted: {operation.title}", state=OperationState.QUEUED)
    audit.record(
        actor=actor.name,
        verb="operation.accepted",
        kind="operation",
        object_id=operation.pk,
        operation_kind=operation.kind,
        instance=str(operation.instance_id or ""),
    )
    nudge_after_commit(operation.pk)
