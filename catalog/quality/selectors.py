"""Reads over checks, results and scores."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.quality.models import DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.scores import CheckScore, Contribution, product_score

DRIVER_OF_TECHNOLOGY = {"postgresql": "postgres", "postgres": "postgres"}


@dataclass(frozen=True)
class DueMeasurement:
    """Checks of one table of one port that are due together, in the shape of the verb `measure`."""

    port_id: UUID
    port_fqn: str
    instance_id: UUID
    driver: str
    spec: dict[str, Any]
    check_ids: tuple[int, ...]


@dataclass(frozen=True)
class QualityOfProduct:
    """What the pages and interfaces say about a product's quality; shapes as INTERFACE §5."""

    score: float | None
    coverage: float
    measured_at: dt.datetime | None
    stale: bool
    dimensions: list[DimensionScore]
    checks: list[QualityCheck]
    trend: list[ScoreSnapshot]
    explanation: tuple[Contribution, ...]


def due(limit: int = 20) -> list[DueMeasurement]:
    """Up to `limit` tables with checks that are due, oldest first."""
    checks = (
        QualityCheck.objects.filter(active=True, runnable=True, due_at__lte=Now())
        .select_related("port__product")
        .order_by("due_at", "id")[: limit * 20]
    )
    by_table: dict[tuple[UUID, str], list[QualityCheck]] = defaultdict(list)
    for check in checks:
        by_table[check.port_id, check.definition["object"]].append(check)
    return [measurement(group) for group in list(by_table.values())[:limit]]


def measurement(checks: Sequence[QualityCheck]) -> DueMeasurement:
    """What a driver needs to measure `checks`, which are all of one table of one port."""
    port = checks[0].port
    table = port.location["tables"][checks[0].definition["object"]]
    columns = table.get("columns", {}) if isinstance(table, dict) else {}
    name = table["table"] if isinstance(table, dict) else table
    return DueMeasurement(
        port_id=port.pk,
        port_fqn=port.fqn,
        instance_id=UUID(port.location.get("instance") or str(port.product.instance_id)),
        driver=DRIVER_OF_TECHNOLOGY[port.technology],
        spec={
            "slug": port.location.get("slug", port.product.slug),
            "table": name,
            "rules": [_rule(check, columns) for check in checks],
        },
        check_ids=tuple(check.pk for check in checks),
    )


def _rule(check: QualityCheck, columns: dict[str, str]) -> dict[str, Any]:
    given = check.definition
    rule = {
        "id": str(check.pk),
        "operator": given["operator"],
        "threshold": given["threshold"],
        "unit": given["unit"],
    }
    if given["type"] == "sql":
        rule["query"] = given["query"]
    else:
        rule["metric"] = given["metric"]
        rule["arguments"] = given["arguments"]
    names = [given["property"]] if given["property"] else given["arguments"].get("properties", [])
    if names:
        rule["columns"] = [columns.get(name, name) for name in names]
    return rule


def quality_of(product: DataProduct, *, days: int = 30) -> QualityOfProduct:
    """Score, dimensions, checks, trend and explanation of one product. Three SQL statements."""
    checks = list(
        QualityCheck.objects.filter(port__product=product, active=True)
        .select_related("port")
        .order_by("dimension", "id")[:500]
    )
    since = timezone.now().date() - dt.timedelta(days=days)
    score = product_score(
        CheckScore(check.pk, check.name, check.dimension, check.weight, check.score)
        for check in checks
    )
    return QualityOfProduct(
        score=product.quality_score,
        coverage=product.quality_coverage,
        measured_at=product.quality_measured_at,
        stale=is_stale(product),
        dimensions=list(DimensionScore.objects.filter(product=product)),
        checks=checks,
        trend=list(ScoreSnapshot.objects.filter(product=product, day__gte=since)),
        explanation=score.explanation,
    )


def is_stale(product: DataProduct) -> bool:
    """True when a result is older than its schedule allows; an unmeasured product is not stale."""
    return product.quality_stale_at is not None and product.quality_stale_at < timezone.now()
