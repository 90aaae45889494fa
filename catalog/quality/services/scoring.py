"""Results and the scores that follow from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from catalog.products import services as products
from catalog.quality.models import CheckResult, DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.scores import (
    SEVERITY_WEIGHTS,
    CheckScore,
    ProductScore,
    product_score,
    score_of_result,
)
from catalog.quality.services.incidents_following import follow_results
from catalog.quality.states import Outcome
from core.copying import insert_objects, update_objects

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


@transaction.atomic
def record_results(
    *, results: Sequence[ResultData], source: str, operation_id: UUID | None = None
) -> int:
    """Store results, bring checks and scores up to date; returns how many were stored.

    A result older than the one a check has is kept as history and changes no score; one that is
    stored already (same check, same time) is not stored again.
    """
    named = QualityCheck.objects.select_related("port").filter(
        pk__in={result.check_id for result in results}
    )
    product_ids = set(named.values_list("port__product_id", flat=True))
    products.lock_products(product_ids)
    checks = {check.pk: check for check in named}
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
        check_run__in={each.check_id for each in results}, at__in={each.at for each in results}
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
    return _recompute_score(product_id)


def score_products(product_ids: Collection[UUID]) -> None:
    """`recompute_score` of products whose rows are locked."""
    for product_id in product_ids:
        _recompute_score(product_id)


def _recompute_score(product_id: UUID) -> ProductScore:
    checks = list(QualityCheck.objects.filter(port__product_id=product_id, active=True))
    score = product_score(map(_as_score, checks))
    measured = [check for check in checks if check.score is not None and check.measured_at]
    measured_at = max((check.measured_at for check in measured if check.measured_at), default=None)
    DimensionScore.objects.filter(product_id=product_id).delete()
    DimensionScore.objects.bulk_create(
        DimensionScore(
            product_id=product_id,
            dimension=part.dimension,
            score=part.score,
            weight=part.weight,
            checks=part.checks,
        )
        for part in score.dimensions
    )
    products.record_score(
        product_id=product_id,
        score=score.score,
        coverage=score.coverage,
        measured_at=measured_at,
        stale_at=_stale_at(measured),
    )
    if score.score is not None and measured_at is not None:
        ScoreSnapshot.objects.update_or_create(
            product_id=product_id,
            day=measured_at.date(),
            defaults={"score": score.score, "coverage": score.coverage},
        )
    return score


def _as_score(check: QualityCheck) -> CheckScore:
    return CheckScore(check.pk, check.name, check.dimension, check.weight, check.score)


def _stale_at(measured: Iterable[QualityCheck]) -> dt.datetime | None:
    """When the first of the results is older than its schedule allows."""
    return min(
        (
            check.measured_at + dt.timedelta(seconds=STALE_AFTER * check.every_s)
            for check in measured
            if check.measured_at
        ),
        default=None,
    )


def outcome_of(passed: bool | None, *, weight: float) -> str:
    """A failed rule of severity warning or less only warns."""
    if passed is None:
        return Outcome.ERROR
    if passed:
        return Outcome.PASS
    return Outcome.WARN if weight < SEVERITY_WEIGHTS["error"] else Outcome.FAIL
