"""The arithmetic of scores: plain data in, plain data out (DESIGN §7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OUTCOME_SCORES: Mapping[str, float] = {"pass": 1.0, "warn": 0.5, "fail": 0.0}
SEVERITY_WEIGHTS: Mapping[str, float] = {
    "info": 0.25,
    "warning": 0.5,
    "error": 1.0,
    "critical": 2.0,
}


@dataclass(frozen=True)
class CheckScore:
    """The latest result of one check; `score` 0-1, None when it was never evaluated."""

    check_id: int
    name: str
    dimension: str
    weight: float
    score: float | None


@dataclass(frozen=True)
class Dimension:
    """`score` in percent; `weight` is its share of the product's score, all shares sum to 1."""

    dimension: str
    score: float
    weight: float
    checks: int


@dataclass(frozen=True)
class Contribution:
    """How many of the product's 100 points one check costs."""

    check_id: int
    name: str
    dimension: str
    lost_points: float


@dataclass(frozen=True)
class ProductScore:
    """`score` in percent, None when nothing is measured; `coverage` 0-1 of the checks."""

    score: float | None
    coverage: float
    dimensions: tuple[Dimension, ...]
    explanation: tuple[Contribution, ...]


def score_of_result(outcome: str, *, evaluated: int | None, failed: int | None) -> float | None:
    """Share of rows that passed when known, else 1, 0.5 or 0; None when it could not be run.

    A rule with a threshold that holds scores 1 even if some rows break it: the contract allows
    them.
    """
    if outcome not in OUTCOME_SCORES:
        return None
    if outcome == "fail" and evaluated and failed is not None and 0 < failed <= evaluated:
        return (evaluated - failed) / evaluated
    return OUTCOME_SCORES[outcome]


def product_score(
    checks: Iterable[CheckScore], *, dimension_weights: Mapping[str, float] | None = None
) -> ProductScore:
    """Severity-weighted mean per dimension, then weighted mean over the measured dimensions.

    Args:
        checks: all active checks of a product.
        dimension_weights: relative weights, e.g. of the domain; 1 where absent.

    Cost: O(checks).
    """
    every = list(checks)
    measured = [check for check in every if check.score is not None and check.weight > 0]
    if not measured:
        return ProductScore(None, 0.0, (), ())
    by_dimension: dict[str, list[CheckScore]] = defaultdict(list)
    for check in measured:
        by_dimension[check.dimension].append(check)
    weights = {name: (dimension_weights or {}).get(name, 1.0) for name in by_dimension}
    whole = sum(weights.values()) or 1.0
    dimensions = tuple(
        Dimension(name, _mean(group) * 100, weights[name] / whole, len(group))
        for name, group in sorted(by_dimension.items())
    )
    score = sum(part.score * part.weight for part in dimensions)
    shares = {part.dimension: part.weight for part in dimensions}
    return ProductScore(
        score=round(min(100.0, max(0.0, score)), 6),  # 99.999… is 100
        coverage=len(measured) / len(every),
        dimensions=dimensions,
        explanation=_explanation(by_dimension, shares),
    )


def _mean(checks: list[CheckScore]) -> float:
    total = sum(check.weight for check in checks)
    return sum(check.weight * (check.score or 0.0) for check in checks) / total


def _explanation(
    by_dimension: Mapping[str, list[CheckScore]], shares: Mapping[str, float]
) -> tuple[Contribution, ...]:
    lost = []
    for name, group in by_dimension.items():
        total = sum(check.weight for check in group)
        for check in group:
            points = 100 * shares[name] * check.weight / total * (1 - (check.score or 0.0))
            if points > 0:
                lost.append(Contribution(check.check_id, check.name, name, points))
    return tuple(sorted(lost, key=lambda part: -part.lost_points))
