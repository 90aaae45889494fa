"""The arithmetic of scores: plain data in, plain data out (DESIGN §7)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

OUTCOME_SCORES: Mapping[str, float] = {"pass": 1.0, "warn": 0.5, "fail": 0.0}
SEVERITY_WEIGHTS: Mapping[str, float] = {
    "info": 0.25,
    "warning": 0.5,
    "error": 1.0,
    "critical": 2.0,
}
DIGITS = 1  # of a score and of what it lost, where they are shown
NOISE = 1e-6  # of a unit that is shown: less is a rounding error of the machine


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


@dataclass(frozen=True)
class ShownLoss:
    """A line of the sum, in the decimals that are shown."""

    contribution: Contribution
    points: Decimal


@dataclass(frozen=True)
class ShownSum:
    """100 less each of `losses` less `others` is `score`, to the last decimal shown.

    `others` stands for the `count_of_others` checks that lost points and have no line.
    """

    score: Decimal
    losses: tuple[ShownLoss, ...]
    others: Decimal
    count_of_others: int


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
        checks: all active checks of a product, in any order.
        dimension_weights: relative weights, e.g. of the domain; 1 where absent, 0 for what does
            not count. When nothing measured counts there is no score.

    Cost: O(checks).
    """
    every = list(checks)
    by_dimension = _measured(every)
    measured = sum(map(len, by_dimension.values()))
    coverage = measured / len(every) if every else 0.0
    weights = {name: (dimension_weights or {}).get(name, 1.0) for name in by_dimension}
    whole = math.fsum(weights.values())
    if not whole:
        return ProductScore(None, coverage, (), ())
    dimensions = tuple(
        Dimension(name, _mean(group) * 100, weights[name] / whole, len(group))
        for name, group in sorted(by_dimension.items())
    )
    score = math.fsum(part.score * part.weight for part in dimensions)
    return ProductScore(
        score=round(min(100.0, max(0.0, score)), 6),  # 99.999… is 100
        coverage=coverage,
        dimensions=dimensions,
        explanation=explanation(every, {part.dimension: part.weight for part in dimensions}),
    )


def explanation(
    checks: Iterable[CheckScore], shares: Mapping[str, float]
) -> tuple[Contribution, ...]:
    """Which check costs how many points, the dearest first; together all that is lost.

    Args:
        shares: of each measured dimension in the product's score; they sum to 1.
    """
    lost = []
    for name, group in _measured(checks).items():
        share, total = shares.get(name, 0.0), math.fsum(check.weight for check in group)
        for check in group:
            points = 100 * share * check.weight / total * (1 - (check.score or 0.0))
            if points > 0:
                lost.append(Contribution(check.check_id, check.name, name, points))
    return tuple(sorted(lost, key=lambda part: (-part.lost_points, part.check_id)))


def shown_sum(score: float, lost: Sequence[Contribution], *, most: int) -> ShownSum:
    """The explanation as it is shown: rounded, and still a sum without a rest.

    The score is rounded down, so that only all of it reads as 100. What it lost is given out in
    whole units by largest remainder: each line is less than a unit away from the exact loss.

    Args:
        lost: the explanation of the score, the dearest first.
        most: lines with a name.
    """
    unit = 10**DIGITS
    whole = math.floor(score * unit + NOISE)
    units = _apportioned([part.lost_points * unit for part in lost], 100 * unit - whole)
    lines = [
        ShownLoss(part, Decimal(count).scaleb(-DIGITS))
        for part, count in zip(lost[:most], units, strict=False)
        if count
    ]
    named = sum((line.points for line in lines), Decimal())
    total = Decimal(whole).scaleb(-DIGITS)
    return ShownSum(total, tuple(lines), 100 - total - named, len(lost) - len(lines))


def _apportioned(amounts: Sequence[float], total: int) -> list[int]:
    """Whole numbers near the amounts, with the sum `total`: the largest remainders go up."""
    floors = [math.floor(amount + NOISE) for amount in amounts]
    by_rest = sorted(range(len(amounts)), key=lambda at: floors[at] - amounts[at])
    for at in by_rest[: max(0, total - sum(floors))]:
        floors[at] += 1
    return floors


def _measured(checks: Iterable[CheckScore]) -> dict[str, list[CheckScore]]:
    found: dict[str, list[CheckScore]] = defaultdict(list)
    for check in checks:
        if check.score is not None and check.weight > 0:
            found[check.dimension].append(check)
    return found


def _mean(checks: Sequence[CheckScore]) -> float:
    total = math.fsum(check.weight for check in checks)
    return math.fsum(check.weight * (check.score or 0.0) for check in checks) / total
