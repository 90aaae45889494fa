"""The quality of one product."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from catalog.products.models import DataProduct, OutputPort
from catalog.quality.completeness import Completeness, Described, completeness
from catalog.quality.models import DimensionScore, Incident
from catalog.quality.scores import CheckScore, Contribution, explanation, shown_sum
from catalog.quality.selectors.checks import CheckFact
from catalog.quality.selectors.page_sql import quality_head
from catalog.quality.selectors.upstream import Surroundings, surroundings_and_head

MAX_DAYS = 366  # of a trend
MAX_EXPLAINED = 20  # checks with a row of their own
KEPT = "_quality_head"  # on the product: the days and the head that were read with the banner
MOMENTS = frozenset({"broke_at", "detected_at", "resolved_at"})


class Point(NamedTuple):
    """The score of a day."""

    day: dt.date
    score: float
    coverage: float


@dataclass(frozen=True)
class QualityOfProduct:
    """What the pages and interfaces say about a product's quality; shapes as INTERFACE §5."""

    score: float | None
    coverage: float
    measured_at: dt.datetime | None
    stale: bool
    dimensions: list[DimensionScore]
    checks: list[CheckFact]  # all of them
    trend: list[Point]
    explanation: tuple[Contribution, ...]
    completeness: Completeness
    badge_link: UUID | None  # of its badge, where that is shared
    incidents: list[Incident]  # the open ones, then those that ended last, at most 50


def around_tab(actor: Actor, product: DataProduct, *, days: int) -> Surroundings | None:
    """What is wrong at and upstream of a product whose Quality tab is shown.

    One SQL statement, with what `quality_of` needs: it reads nothing more for these days.
    """
    around, head = surroundings_and_head(actor, product.pk, since=_since(days))
    if head is not None:
        setattr(product, KEPT, (days, head))
    return around


def quality_of(product: DataProduct, *, days: int = 30) -> QualityOfProduct:
    """Score, dimensions, checks, trend, explanation, incidents and description of one product.

    At most one SQL statement.
    """
    kept: tuple[int, dict[str, Any]] | None = getattr(product, KEPT, None)
    if kept is None or kept[0] != days:
        kept = (days, quality_head(product.pk, since=_since(days)))
    head = kept[1]
    checks = [CheckFact(*row) for row in head["checks"]]
    names = ("dimension", "score", "weight", "checks")
    dimensions = [
        DimensionScore(product=product, **dict(zip(names, row, strict=True)))
        for row in head["dimensions"]
    ]
    facts = {name: value for name, value in head["described"].items() if name != "id"}
    return QualityOfProduct(
        score=product.quality_score,
        coverage=product.quality_coverage,
        measured_at=product.quality_measured_at,
        stale=is_stale(product),
        dimensions=dimensions,
        checks=checks,
        trend=[Point(dt.date.fromisoformat(day), *rest) for day, *rest in head["points"]],
        explanation=_explained(checks, dimensions),
        completeness=completeness(Described(**facts)),
        badge_link=head["link"] and UUID(head["link"]),
        incidents=[_incident(product, **each) for each in head["incidents"]],
    )


def _since(days: int) -> dt.date:
    return timezone.now().date() - dt.timedelta(days=days)


def dimensions_of(product: DataProduct) -> list[DimensionScore]:
    """The present score of each measured dimension. One SQL statement."""
    return list(DimensionScore.objects.filter(product=product))


def explained(score: float | None, lost: Sequence[Contribution]) -> list[dict[str, Any]]:
    """The explanation as the interfaces give it: the dearest checks, then one row for all others.

    `lost_points` are exact; `shown` are the points in the one decimal that pages show, which add up
    to 100 less the score rounded down to it.
    """
    if score is None:
        return []
    shown = shown_sum(score, lost, most=MAX_EXPLAINED)
    rows: list[dict[str, Any]] = [
        {
            "id": line.contribution.check_id,
            "check": line.contribution.name,
            "dimension": line.contribution.dimension or None,
            "lost_points": line.contribution.lost_points,
            "shown": float(line.points),
        }
        for line in shown.losses
    ]
    if shown.count_of_others:
        left = math.fsum(part.lost_points for part in lost[len(rows) :])
        rows.append(
            {
                "id": None,
                "check": f"{shown.count_of_others} others",
                "dimension": None,
                "lost_points": left,
                "shown": float(shown.others),
            }
        )
    return rows


def is_stale(product: DataProduct) -> bool:
    """True when a result is older than its schedule allows; an unmeasured product is not stale."""
    return product.quality_stale_at is not None and product.quality_stale_at < timezone.now()


def _incident(
    product: DataProduct,
    *,
    id: str,  # noqa: A002 - as the statement names it
    port: dict[str, Any] | None,
    assignee: dict[str, str] | None,
    **told: Any,
) -> Incident:
    """As much of it as rows of a list show; its port and person are no more than their names."""
    moments = {
        name: value and dt.datetime.fromisoformat(value)
        for name, value in told.items()
        if name in MOMENTS
    }
    return Incident(
        pk=UUID(id),
        product=product,
        port=None if port is None else OutputPort(product=product, **port),
        assignee=None if assignee is None else User(**assignee),
        **{**told, **moments},
    )


def _explained(
    checks: Sequence[CheckFact], dimensions: Sequence[DimensionScore]
) -> tuple[Contribution, ...]:
    """By the shares that the score was made with, so that it explains the score that is kept."""
    scores = (CheckScore(*check[:5]) for check in checks)
    return explanation(scores, {each.dimension: each.weight for each in dimensions})
