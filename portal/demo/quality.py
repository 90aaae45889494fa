"""Scores of the demo company: ninety days of results, and the trend that follows from them."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction
from django.utils import timezone

from accounts.actors import system_actor
from catalog.products.models import DataProduct
from catalog.products.services import lock_products
from catalog.quality import services as quality
from catalog.quality.models import CheckResult, QualityCheck, ScoreSnapshot
from catalog.quality.scores import CheckScore, product_score, score_of_result
from catalog.quality.services import ResultData
from catalog.quality.states import Origin, Outcome
from core.copying import copy_rows, insert_objects
from portal.demo.company import SEED, ProductSpec, incidents, products

SOURCE = "demo"
HISTORY_DAYS = 90
ROWS_CHECKED = 120_000
GROWTH = 0.002  # of the rows, a day
WORST = 0.25  # share of rows
WRONG_FIRST = ("conformity", "uniqueness", "completeness", "coverage")  # dimensions


def load_quality() -> None:
    """Ninety days of results and of scores; the same every time (fixed seed)."""
    chance = random.Random(SEED)  # noqa: S311 - made-up history, no secret
    rows = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=products())}
    checks: dict[str, list[QualityCheck]] = defaultdict(list)
    active = QualityCheck.objects.filter(active=True, port__product__in=rows.values())
    active = active.exclude(origin=Origin.SLA, definition__columns=[])  # nobody can measure those
    for check in active.select_related("port__product").order_by("pk"):
        checks[check.port.product.fqn].append(check)
    points: list[ScoreSnapshot] = []
    results: list[ResultData] = []
    for fqn, row in sorted(rows.items()):
        spec, known = products()[fqn], checks[fqn]
        if spec.score is None or any(check.measured_at for check in known if not check.runnable):
            continue  # a score that nobody claims, or one that was loaded before
        if spec.real:  # what ran before the tables were filled runs again
            quality.run_now(product=row, actor=system_actor())
        for day, found in _days(spec, known, chance):
            results += found
            if day < timezone.now().date():
                points += _point(row, day, known, found)
    _store(results, points, rows.values())
    quality.add_up_days(since=timezone.now().date() - dt.timedelta(days=HISTORY_DAYS))


@transaction.atomic
def _store(
    results: Sequence[ResultData], points: Sequence[ScoreSnapshot], rows: Iterable[DataProduct]
) -> None:
    """The last result of each check is recorded as tools do it; what was before is history."""
    lock_products(each.pk for each in rows)  # before any result is written, as workers do
    latest = {each.check_id: each for each in results}
    _keep_history([each for each in results if each is not latest[each.check_id]])
    quality.record_results(results=list(latest.values()), source=SOURCE)
    insert_objects(points, ignore_conflicts=True)
    quality.keep_months()


def _keep_history(results: Sequence[ResultData]) -> None:
    """What no score follows from any more, straight into the months that it belongs to."""
    by_month = {each.at.strftime("%Y-%m"): each for each in results}
    _copy(by_month.values())
    quality.keep_months()  # a month is set apart when it has a row
    _copy(each for each in results if each is not by_month[each.at.strftime("%Y-%m")])


def _copy(results: Iterable[ResultData]) -> None:
    columns = ("check_run_id", "at", "outcome", "evaluated", "failed", "source")
    rows = (
        (each.check_id, each.at, each.outcome, each.evaluated, each.failed, SOURCE)
        for each in results
    )
    copy_rows(CheckResult, columns, rows)


def _days(
    spec: ProductSpec, checks: list[QualityCheck], chance: random.Random
) -> Iterator[tuple[dt.date, list[ResultData]]]:
    """What the tools of the teams found each day; today the portal runs its own rules itself."""
    now = timezone.now()
    for ago in range(min(HISTORY_DAYS, spec.age or HISTORY_DAYS), -1, -1):
        asked = checks if ago else [each for each in checks if not (spec.real and each.runnable)]
        at = now - dt.timedelta(days=ago, minutes=chance.randint(5, 300))
        wanted = (spec.score or 0.0) - _lost(spec.fqn, ago) + (chance.gauss(0, 0.8) if ago else 0)
        found = _results(asked, min(100.0, max(0.0, wanted)), at, ago)
        yield at.date(), found


def _results(
    checks: list[QualityCheck], score: float, at: dt.datetime, ago: int
) -> list[ResultData]:
    """Results that make about this score: few rules break, and each by no more than it has to."""
    sizes = Counter(check.dimension for check in checks)
    lost = (100 - score) / 100
    worst = max(WORST, 1.3 * lost)  # so that no single rule looks absurd
    rows = round(ROWS_CHECKED * (1 - GROWTH * ago))
    results = []
    for check in sorted(checks, key=lambda each: (_rank(each), each.pk)):
        worth = 1 / len(sizes) / sizes[check.dimension]  # of the product's score
        share = min(lost / worth, worst)
        lost -= share * worth
        failed = round(rows * share)
        outcome = Outcome.FAIL if failed else Outcome.PASS
        results.append(ResultData(check.pk, outcome, at, evaluated=rows, failed=failed))
    return results


def _rank(check: QualityCheck) -> int:
    """What goes wrong in life goes wrong first; an empty table would have been an incident."""
    return WRONG_FIRST.index(check.dimension) if check.dimension in WRONG_FIRST else -1


def _point(
    product: DataProduct, day: dt.date, checks: list[QualityCheck], results: list[ResultData]
) -> Iterator[ScoreSnapshot]:
    """The score that the results of a day make, as the room reckons it."""
    said = {
        each.check_id: score_of_result(each.outcome, evaluated=each.evaluated, failed=each.failed)
        for each in results
    }
    score = product_score(
        CheckScore(each.pk, each.name, each.dimension, each.weight, said.get(each.pk))
        for each in checks
    )
    if score.score is not None:
        yield ScoreSnapshot(product=product, day=day, score=score.score, coverage=score.coverage)


def _lost(fqn: str, ago: int) -> float:
    """Points that incidents cost a product on a day."""
    now = [each for each in incidents() if each["to"] <= ago <= each["from"]]
    return float(sum(each["products"].get(fqn, 0) for each in now))
