"""What the pages of quality draw: trends of scores, histories of checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from catalog.quality.models import CheckResult, Incident, QualityCheck
from catalog.quality.scores import OUTCOME_SCORES
from catalog.quality.selectors import Point
from catalog.quality.selectors.marks import marks_of
from catalog.quality.states import Outcome
from catalog.quality.trend import History, Trend, history, trend

TREND_DAYS = (30, 90, 365)
USUAL_DAYS = 90
MET = frozenset({Outcome.PASS, Outcome.WARN})


def days_of(text: str) -> int:
    """The length of a trend that an address names."""
    return next((each for each in TREND_DAYS if str(each) == text), USUAL_DAYS)


def spans_of(page: str, *, joined: str = "?") -> list[tuple[int, str]]:
    """The lengths to choose from, each with the address of the page that shows it."""
    return [
        (each, page if each == USUAL_DAYS else f"{page}{joined}days={each}") for each in TREND_DAYS
    ]


def trend_with_marks(
    points: Sequence[Point], incidents: Sequence[Incident], days: int
) -> Trend | None:
    """The line of the score with the incidents of those days."""
    today = timezone.now().date()
    marks = marks_of(incidents, today - dt.timedelta(days=days)) if len(points) > 1 else []
    return trend(
        [(each.day, each.score) for each in points],
        days=days,
        today=today,
        marks=[(each.since, each.until, each.title, each.url) for each in marks],
    )


def history_of(
    check: QualityCheck, results: Sequence[CheckResult], days: int
) -> tuple[str, History | None]:
    """What the history of a check is of, and its drawing.

    The share of rows that passed, where they are counted; else the value beside its threshold; else
    whether it passed.
    """
    now = timezone.now()
    run = [each for each in results if each.outcome != Outcome.ERROR]
    is_counted = any(each.evaluated and each.failed is not None for each in run)
    if not is_counted and run and all(each.value is not None for each in run):
        values = [(each.at, each.value or 0.0, each.outcome in MET) for each in run]
        return "Value", history(values, days=days, now=now, limits=_limits(check))
    shares = [(each.at, _share(each), each.outcome in MET) for each in run]
    words = "Share of rows that pass" if is_counted else "Passed or not"
    return words, history(shares, days=days, now=now, unit="%")


def _share(result: CheckResult) -> float:
    """Percent of the rows that pass, where they were counted; else of what passing scores."""
    if result.evaluated and result.failed is not None:
        return 100 * (1 - result.failed / result.evaluated)
    return 100 * OUTCOME_SCORES[result.outcome]


def _limits(check: QualityCheck) -> list[float]:
    """The thresholds of the rule."""
    given = check.definition.get("threshold")
    every = given if isinstance(given, list) else [given]
    return [float(each) for each in every if isinstance(each, int | float)]
