"""Quality checks of ports as operations: what is due, and where the results go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts.actors import system_actor
from catalog.quality import selectors as quality
from catalog.quality import services as quality_services
from catalog.quality.models import QualityCheck
from provisioning.drivers.protocol import Measurement
from provisioning.jobs import extensions
from provisioning.jobs.extensions import CheckOrder
from provisioning.jobs.models import Operation
from provisioning.jobs.services.acceptance import accept_check


class QualityChecks:
    """The rules of contracts that the portal runs itself."""

    def take_due(self, limit: int) -> Sequence[CheckOrder]:
        """Due measurements, one for each table."""
        due = quality.due(limit)
        for measurement in due:
            quality_services.postpone(check_ids=measurement.check_ids)
        return [
            CheckOrder(
                title=f"Check {measurement.port_fqn}",
                driver=measurement.driver,
                instance_id=measurement.instance_id,
                spec=measurement.spec,
                subject={"check_ids": list(measurement.check_ids)},
            )
            for measurement in due
        ]

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
                    message=result.error,
                )
                for result in measurement.results
            ],
            source="portal",
            operation_id=operation.pk,
        )


def order_due(*, limit: int = 20) -> int:
    """Turn due checks into operations; returns how many."""
    orders = 0
    for source in extensions.check_sources():
        with transaction.atomic():
            for order in source.take_due(limit):
                accept_check(order=order, actor=system_actor(), source=type(source).__name__)
                orders += 1
    return orders
