"""Quality checks of ports as operations: what is due, and where the results go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor, system_actor
from catalog.quality import selectors as quality
from catalog.quality import services as quality_services
from catalog.quality.models import CheckResult, QualityCheck
from core.clock import db_now
from core.errors import InvalidTransition
from provisioning.drivers.protocol import Measurement
from provisioning.jobs import extensions
from provisioning.jobs.extensions import CheckOrder
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.services.acceptance import accept_check
from provisioning.jobs.states import OperationKind, OperationState

SOURCE = "portal"
REFUSED = "step-failed"  # error code of an operation that trying again would not help


class QualityChecks:
    """The promises of contracts that the portal checks itself."""

    def take_due(self, limit: int) -> Sequence[CheckOrder]:
        """Due measurements, one for each table."""
        due = quality.due(limit)
        for measurement in due:
            quality_services.postpone(check_ids=measurement.check_ids)
        return orders_of(due)

    def measured(
        self, operation: Operation, subject: Mapping[str, Any], measurement: Measurement
    ) -> None:
        """Results into the room of quality, which makes the scores."""
        weights = dict(
            QualityCheck.objects.filter(pk__in=subject["check_ids"]).values_list("pk", "weight")
        )
        quality_services.record_results(
            results=[
                quality_services.ResultData(
                    check_id=int(result.rule_id),
                    outcome=quality_services.outcome_of(
                        result.passed, weight=weights.get(int(result.rule_id), 1.0)
                    ),
                    at=measurement.measured_at,
                    evaluated=result.evaluated,
                    failed=result.failed,
                    value=result.value,
                    message=result.error or result.note,
                )
                for result in measurement.results
            ],
            source=SOURCE,
            operation_id=operation.pk,
        )


def orders_of(due: Sequence[quality.DueMeasurement]) -> list[CheckOrder]:
    """What is due as orders to drivers. One SQL statement."""
    targets = targets_of({measurement.instance_id for measurement in due})
    return [
        CheckOrder(
            title=f"Check {measurement.port_fqn}",
            driver=measurement.driver,
            instance_id=measurement.instance_id,
            spec={**measurement.spec, **targets.get(measurement.instance_id, {})},
            subject={"check_ids": list(measurement.check_ids)},
            team_id=measurement.owner_id,
        )
        for measurement in due
    ]


@transaction.atomic
def run_check(*, check: QualityCheck, actor: Actor) -> Operation:
    """Have one check run now: the operation that measures it.

    One that is at work on it already, or gave it a result within ten seconds, is given instead.

    Raises:
        NotAllowed: the actor is not in the owner team.
        Invalid: code `check-not-runnable`: the portal does not run it; the message says why.
        InvalidTransition: another tool sent a result of it within ten seconds.
    """
    quality_services.run_check_now(check=check, actor=actor)
    [held] = QualityCheck.objects.select_for_update(of=("self",)).filter(pk=check.pk)
    if held.due_at is not None and held.due_at <= db_now():
        quality_services.postpone(check_ids=[check.pk])
        [order] = orders_of([quality.measurement([check])])
        return accept_check(order=order, actor=actor, source=QualityChecks.__name__)
    return _at_work(check) or _last(check)


def _at_work(check: QualityCheck) -> Operation | None:
    measures = {"steps": [{"spec": {"subject": {"check_ids": [check.pk]}}}]}
    active = Operation.objects.active().filter(kind=OperationKind.CHECK, spec__contains=measures)
    return active.order_by("-created_at", "-id").first()


def _last(check: QualityCheck) -> Operation:
    """The operation of the newest result.

    Raises:
        InvalidTransition: that result is another tool's.
    """
    newest = CheckResult.objects.filter(check_run=check.pk).order_by("-at")
    told_by = newest.values_list("operation_id", flat=True).first()
    if told_by is None:
        raise InvalidTransition("Another tool sent a result of it a few seconds ago.")
    return Operation.objects.get(pk=told_by)


def checks_ended(operation: Operation) -> None:
    """`on_finished`: the checks may be asked for again. Where the target refused for good, their
    results say so; where it was away, the last ones stand until they are stale.
    """
    if operation.kind != OperationKind.CHECK:
        return
    for step in operation.spec["steps"]:
        if step["spec"].get("source") == QualityChecks.__name__:
            check_ids = step["spec"]["subject"]["check_ids"]
            quality_services.release(check_ids=check_ids)
            if operation.state == OperationState.FAILED and operation.error_code == REFUSED:
                _record_refusal(operation, check_ids)


def _record_refusal(operation: Operation, check_ids: Iterable[int]) -> None:
    now = db_now()
    why = operation.error_text
    quality_services.record_results(
        results=[
            quality_services.ResultData(
                check_id=pk,
                outcome=quality_services.outcome_of(None, weight=1.0),
                at=now,
                message=why,
            )
            for pk in check_ids
        ],
        source=SOURCE,
        operation_id=operation.pk,
    )


def targets_of(instance_ids: set[UUID]) -> dict[UUID, dict[str, str]]:
    """`{instance: {"target": slug}}` of those that a team keeps in a place of its own."""
    found: dict[UUID, dict[str, str]] = {}
    rows = Instance.objects.filter(pk__in=instance_ids).values_list("pk", "desired_spec")
    for pk, desired in rows:
        for step in desired.get("steps", ()):
            target = step["spec"].get("target")
            if step["action"] == "schema" and target:
                found[pk] = {"target": target}
    return found


def order_due(*, limit: int = 20) -> int:
    """Turn due checks into operations; returns how many."""
    orders = 0
    for source in extensions.check_sources():
        with transaction.atomic():
            for order in source.take_due(limit):
                accept_check(order=order, actor=system_actor(), source=type(source).__name__)
                orders += 1
    return orders
