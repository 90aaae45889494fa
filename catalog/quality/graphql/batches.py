"""Rows of scores and checks, by product. The products were seen before."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from accounts.actors import Actor
from catalog.quality.models import DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.scores import CheckScore, product_score
from catalog.quality.states import Outcome
from core.graphql import first_of_each

MAX_EXPLAINED = 20  # the checks that cost most
CHECK = (
    "id",
    "product_id",
    "port_id",
    "key",
    "name",
    "dimension",
    "weight",
    "outcome",
    "score",
    "measured_at",
    "active",
)
CHECK_ORDER = ("id",)

Lists = dict[Any, list[dict[str, Any]]]


def dimensions_by_product(actor: Actor, ids: Collection[UUID]) -> Lists:
    """The present score of each measured dimension."""
    found: Lists = defaultdict(list)
    rows = DimensionScore.objects.filter(product__in=ids).order_by("dimension")
    for row in rows.values("product_id", "dimension", "score", "weight", "checks"):
        found[row["product_id"]].append({**row})
    return found


def trend_by_product(actor: Actor, ids: Collection[UUID], *, days: int) -> Lists:
    """One point a day, the oldest first."""
    since = timezone.now().date() - dt.timedelta(days=days)
    found: Lists = defaultdict(list)
    rows = ScoreSnapshot.objects.filter(product__in=ids, day__gt=since).order_by("day")
    for row in rows.values("product_id", "day", "score", "coverage"):
        found[row["product_id"]].append({**row})
    return found


def checks_by_product(
    actor: Actor,
    ids: Collection[UUID],
    *,
    first: int,
    after: str | None = None,
    failing: bool | None = None,
) -> Lists:
    """Active checks; with `failing` only those whose latest result is no pass (or is one)."""
    checks = _checks(ids)
    if failing is not None:
        bad = Q(outcome__in=[Outcome.FAIL, Outcome.WARN, Outcome.ERROR])
        checks = checks.filter(bad if failing else ~bad)
    return first_of_each(
        checks, by="product_id", order=CHECK_ORDER, columns=CHECK, first=first, after=after
    )


def explanation_by_product(actor: Actor, ids: Collection[UUID]) -> Lists:
    """The checks that cost points, the dearest first."""
    checks: dict[UUID, list[CheckScore]] = defaultdict(list)
    columns = ("product_id", "id", "name", "dimension", "weight", "score")
    for product_id, *values in _checks(ids).values_list(*columns):
        checks[product_id].append(CheckScore(*values))
    return {
        product_id: [
            {"check": each.name, "dimension": each.dimension, "lost_points": each.lost_points}
            for each in product_score(group).explanation[:MAX_EXPLAINED]
        ]
        for product_id, group in checks.items()
    }


def _checks(ids: Collection[UUID]) -> Any:
    active = QualityCheck.objects.filter(port__product__in=ids, active=True)
    return active.annotate(product_id=F("port__product_id"))
