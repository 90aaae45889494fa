"""The quality of one product."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.quality.models import DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.scores import CheckScore, Contribution, product_score


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
