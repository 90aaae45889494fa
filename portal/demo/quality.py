"""Scores of the demo company: the latest results, and ninety days of history with incidents."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter, defaultdict

from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.quality import services as quality
from catalog.quality.models import QualityCheck, ScoreSnapshot
from catalog.quality.states import Outcome
from portal.demo.company import SEED, ProductSpec, incidents, products

HISTORY_DAYS = 90
ROWS_CHECKED = 120_000
WORST = 0.25  # share of rows
WRONG_FIRST = ("conformity", "uniqueness", "completeness", "coverage")  # dimensions


def load_quality() -> None:
    """Ninety days of scores and the latest results; the same every time (fixed seed)."""
    chance = random.Random(SEED)  # noqa: S311 - made-up history, no secret
    rows = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=products())}
    checks: dict[str, list[QualityCheck]] = defaultdict(list)
    active = QualityCheck.objects.filter(active=True, port__product__in=rows.values())
    for check in active.select_related("port__product").order_by("pk"):
        checks[check.port.product.fqn].append(check)
    points: list[ScoreSnapshot] = []
    results: list[quality.ResultData] = []
    for fqn, row in sorted(rows.items()):
        spec = products()[fqn]
        if spec.score is not None:
            results += _results(spec, checks[fqn], chance)
            points += _history(row, spec, spec.score, chance)
    quality.record_results(results=results, source="demo")
    ScoreSnapshot.objects.bulk_create(points, ignore_conflicts=True)


def _results(
    spec: ProductSpec, checks: list[QualityCheck], chance: random.Random
) -> list[quality.ResultData]:
    """What the tools of the teams found; rules that the portal runs itself are left to it."""
    now = timezone.now() - dt.timedelta(minutes=chance.randint(5, 300))
    outside = [check for check in checks if not (spec.real and check.runnable)]
    if not outside or all(check.measured_at for check in outside):
        return []
    sizes = Counter(check.dimension for check in outside)
    lost = (100 - (spec.score or 0)) / 100
    worst = max(WORST, 1.3 * lost)  # so that no single rule looks absurd
    results = []
    for check in sorted(outside, key=lambda each: (_rank(each), each.pk)):
        worth = 1 / len(sizes) / sizes[check.dimension]  # of the product's score
        share = min(lost / worth, worst)
        lost -= share * worth
        failed = round(ROWS_CHECKED * share)
        results.append(
            quality.ResultData(
                check_id=check.pk,
                outcome=Outcome.FAIL if failed else Outcome.PASS,
                at=now,
                evaluated=ROWS_CHECKED,
                failed=failed,
            )
        )
    return results


def _rank(check: QualityCheck) -> int:
    """What goes wrong in life goes wrong first; an empty table would have been an incident."""
    return WRONG_FIRST.index(check.dimension) if check.dimension in WRONG_FIRST else -1


def _history(
    product: DataProduct, spec: ProductSpec, score: float, chance: random.Random
) -> list[ScoreSnapshot]:
    today = timezone.now().date()
    points = []
    for ago in range(min(HISTORY_DAYS, spec.age or HISTORY_DAYS), 0, -1):
        value = score + chance.gauss(0, 0.8) - _lost(spec.fqn, ago)
        day = today - dt.timedelta(days=ago)
        points.append(
            ScoreSnapshot(product=product, day=day, score=min(100.0, max(0.0, value)), coverage=1.0)
        )
    return points


def _lost(fqn: str, ago: int) -> float:
    """Points that incidents cost a product on a day."""
    now = [each for each in incidents() if each["to"] <= ago <= each["from"]]
    return float(sum(each["products"].get(fqn, 0) for each in now))
