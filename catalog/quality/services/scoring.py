"""Results and the scores that follow from them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.products import services as products
from catalog.products.models import OutputPort
from catalog.products.services import ScoreData
from catalog.quality.models import CheckResult, DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.scores import (
    SEVERITY_WEIGHTS,
    CheckScore,
    ProductScore,
    product_score,
    score_of_result,
)
from catalog.quality.selectors.weights import weights_of_products
from catalog.quality.services.incidents_following import follow_results
from catalog.quality.states import Outcome
from core.copying import insert_objects, update_objects
from core.subqueries import among

MAX_MESSAGE = 2_000  # characters
LATEST = ("outcome", "score", "evaluated", "failed", "value", "message", "measured_at")
STALE_AFTER = 2  # schedules missed before a score counts as stale


@dataclass(frozen=True)
class ResultData:
    """One result. `evaluated` and `failed` are rows; `outcome` is an `Outcome`."""

    check_id: int
    outcome: str
    at: dt.datetime
    evaluated: int | None = None
    failed: int | None = None
    value: float | None = None
    message: str = ""


class _Check(NamedTuple):
    """What the score needs of a check."""

    pk: int
    dimension: str
    weight: float
    score: float | None
    measured_at: dt.datetime | None
    every_s: int


@transaction.atomic
def record_results(
    *, results: Sequence[ResultData], source: str, operation_id: UUID | None = None
) -> int:
    """Store results, bring checks and scores up to date; returns how many were stored.

    A result older than the one a check has is kept as history and changes no score; one that is
    stored already (same check, same time) is not stored again.
    """
    named = QualityCheck.objects.filter(
        among("pk", {result.check_id for result in results}, "bigint")
    )
    told = OutputPort.objects.filter(pk__in=named.order_by().values("port"))
    ports = {port.pk: port for port in told}
    products.lock_products({port.product_id for port in ports.values()})
    checks = {check.pk: check for check in named}
    for check in checks.values():  # a port is one object, however many checks it has
        check.port = ports[check.port_id]
    known = _new_ones([result for result in results if result.check_id in checks])
    insert_objects(
        [
            CheckResult(
                check_run_id=result.check_id,
                at=result.at,
                outcome=result.outcome,
                evaluated=result.evaluated,
                failed=result.failed,
                value=result.value,
                message=result.message[:MAX_MESSAGE],
                source=source,
                operation_id=operation_id,
            )
            for result in known
        ]
    )
    changed = {result.check_id for result in known if _keep_latest(checks[result.check_id], result)}
    update_objects([checks[pk] for pk in changed], LATEST)
    score_products({checks[pk].port.product_id for pk in changed})
    follow_results([checks[pk] for pk in changed])
    return len(known)


def _new_ones(results: Sequence[ResultData]) -> list[ResultData]:
    """Without those that are stored already, and each of the others once. One SQL statement."""
    stored = CheckResult.objects.filter(
        among("check_run_id", {each.check_id for each in results}, "bigint"),
        at__in={each.at for each in results},
    )
    known = set(stored.values_list("check_run_id", "at"))
    found = {
        (each.check_id, each.at): each for each in results if (each.check_id, each.at) not in known
    }
    return list(found.values())


def _keep_latest(check: QualityCheck, result: ResultData) -> bool:
    if check.measured_at is not None and check.measured_at > result.at:
        return False
    check.outcome = result.outcome
    check.score = score_of_result(result.outcome, evaluated=result.evaluated, failed=result.failed)
    check.evaluated, check.failed, check.value = result.evaluated, result.failed, result.value
    check.message = result.message[:MAX_MESSAGE]
    check.measured_at = result.at
    return True


@transaction.atomic
def recompute_score(*, product_id: UUID) -> ProductScore:
    """Compute a product's score from its checks' latest results and keep it for lists."""
    products.lock_products([product_id])
    return score_products([product_id])[product_id]


def score_products(product_ids: Collection[UUID]) -> dict[UUID, ProductScore]:
    """`recompute_score` of products whose rows are locked.

    Cost: some fifteen statements, whatever the number; what is as before is not written.
    """
    if not product_ids:
        return {}
    checks = _checks_of(product_ids)
    weights = weights_of_products(product_ids) if checks else {}
    scores = {
        pk: product_score(map(_as_score, checks[pk]), dimension_weights=weights.get(pk))
        for pk in product_ids
    }
    known = {pk: _with_times(score, checks[pk]) for pk, score in scores.items()}
    _keep_dimensions(scores)
    products.record_scores(known)
    _keep_days(known)
    return scores


def _checks_of(product_ids: Collection[UUID]) -> dict[UUID, list[_Check]]:
    active = QualityCheck.objects.filter(port__product__in=product_ids, active=True)
    found: dict[UUID, list[_Check]] = defaultdict(list)
    for product_id, *values in active.values_list("port__product_id", *_Check._fields):
        found[product_id].append(_Check(*values))
    return found


def _as_score(check: _Check) -> CheckScore:
    return CheckScore(check.pk, "", check.dimension, check.weight, check.score)


def _with_times(score: ProductScore, checks: Iterable[_Check]) -> ScoreData:
    """Beside the score: when it was measured, and until when the first result of it holds."""
    held = [
        (check.measured_at, check.measured_at + dt.timedelta(seconds=STALE_AFTER * check.every_s))
        for check in checks
        if check.score is not None and check.measured_at
    ]
    measured_at = max((at for at, _ in held), default=None)
    stale_at = min((until for _, until in held), default=None)
    return ScoreData(score.score, score.coverage, measured_at, stale_at)


def _keep_dimensions(scores: Mapping[UUID, ProductScore]) -> None:
    """Make the rows be those of `scores`; one that says the same already stays as it is."""
    wanted = {
        (pk, part.dimension): DimensionScore(
            product_id=pk,
            dimension=part.dimension,
            score=part.score,
            weight=part.weight,
            checks=part.checks,
        )
        for pk, score in scores.items()
        for part in score.dimensions
    }
    gone = []
    for row in DimensionScore.objects.filter(product__in=scores):
        new = wanted.get((row.product_id, row.dimension))
        if new is None:
            gone.append(row.pk)
        elif _figures(row) == _figures(new):
            del wanted[row.product_id, row.dimension]
    if gone:
        DimensionScore.objects.filter(pk__in=gone).delete()
    insert_objects(
        list(wanted.values()),
        replace_on=["product_id", "dimension"],
        replaced=["score", "weight", "checks"],
    )


def _figures(row: DimensionScore) -> tuple[float, float, int]:
    return row.score, row.weight, row.checks


def _keep_days(scores: Mapping[UUID, ScoreData]) -> None:
    """The point of the trend: today, or the day of the measurement if that is out of date."""
    now = timezone.now()
    points = []
    for pk, each in scores.items():
        if each.score is None or each.measured_at is None or each.stale_at is None:
            continue
        day = (now if each.stale_at > now else each.measured_at).date()
        point = ScoreSnapshot(product_id=pk, day=day, score=each.score, coverage=each.coverage)
        points.append(point)
    insert_objects(points, replace_on=["product_id", "day"], replaced=["score", "coverage"])


def outcome_of(passed: bool | None, *, weight: float) -> str:
    """A failed rule of severity warning or less only warns."""
    if passed is None:
        return Outcome.ERROR
    if passed:
        return Outcome.PASS
    return Outcome.WARN if weight < SEVERITY_WEIGHTS["error"] else Outcome.FAIL
