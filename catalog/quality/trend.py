"""Where lines of trends and histories run; plain arithmetic in the units of the drawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

PLOT_HEIGHT = 30  # units between the highest and the lowest grid line
FLOORS = (70, 40, 10, 1)  # percent at the lowest grid line; the span divides by three
PIXELS = 4  # per unit, in a drawing of 128 px
BIT = 0.6  # days: how wide a point is drawn that stands alone
STEPS = (1, 2, 2.5, 5, 10)  # of an axis of values, times a power of ten


@dataclass(frozen=True)
class Label:
    text: str
    y: int  # px


@dataclass(frozen=True)
class Band:
    """A stretch of days that is marked."""

    x: float
    width: float
    title: str
    url: str = ""


@dataclass(frozen=True)
class Trend:
    """A line over `days` units, with the labels of its axis and the days at its ends."""

    days: int
    path: str
    labels: list[Label]
    lowest: float
    highest: float
    first: dt.date
    last_y: int  # px
    gaps: int  # days inside the line that have no point
    bands: list[Band] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    """What a check said over time: a line of values, and where its threshold lies."""

    days: int
    path: str
    labels: list[Label]
    lowest: float
    highest: float
    first: dt.date
    unit: str
    limits: list[float]  # units of the drawing
    misses: list[tuple[float, float]]  # where it failed


def trend(
    points: Sequence[tuple[dt.date, float]],
    *,
    days: int,
    today: dt.date,
    marks: Iterable[tuple[dt.date, dt.date | None, str, str]] = (),
) -> Trend | None:
    """The line through `(day, percent)`, oldest first; None for fewer than two days.

    A day without a point breaks the line: on that day no score held.

    Args:
        marks: `(since, until, title, url)` of stretches of days; `until` None: still.
    """
    if len(points) < 2:
        return None
    first = today - dt.timedelta(days=days)
    scores = [score for _, score in points]
    floor = next((each for each in FLOORS if min(scores) >= each), FLOORS[-1])
    places = [(float((day - first).days), _y(score, floor)) for day, score in points]
    steps = [later[0] - before[0] for before, later in pairwise(places)]
    labels = [
        Label(str(100 - (100 - floor) * step // 3), 12 + step * 10 * PIXELS) for step in range(4)
    ]
    last_y = 8 + round(places[-1][1] * PIXELS)
    return Trend(
        days=days,
        path=_line(places, reach=1),
        labels=labels,
        lowest=min(scores),
        highest=max(scores),
        first=first,
        last_y=last_y,
        gaps=sum(int(step) - 1 for step in steps if step > 1),
        bands=[_band(*mark, first=first, today=today) for mark in marks],
    )


def history(
    points: Sequence[tuple[dt.datetime, float, bool]],
    *,
    days: int,
    now: dt.datetime,
    unit: str = "",
    limits: Sequence[float] = (),
) -> History | None:
    """The line through `(moment, value, has passed)`, oldest first; None for fewer than two.

    Args:
        unit: `%` for shares of 0 to 100, whose axis ends there.
        limits: thresholds, drawn as lines.
    """
    if len(points) < 2:
        return None
    values = [value for _, value, _ in points]
    low, high = _axis([*values, *limits], is_share=unit == "%")
    start = now - dt.timedelta(days=days)

    def place(moment: dt.datetime, value: float) -> tuple[float, float]:
        return (moment - start) / dt.timedelta(days=1), (high - value) / (high - low) * PLOT_HEIGHT

    places = [place(moment, value) for moment, value, _ in points]
    labels = [
        Label(f"{high - (high - low) * step / 3:,.10g}{unit}", 12 + step * 10 * PIXELS)
        for step in range(4)
    ]
    return History(
        days=days,
        path=_line(places),
        labels=labels,
        lowest=min(values),
        highest=max(values),
        first=start.date(),
        unit=unit,
        limits=[place(now, limit)[1] for limit in limits],
        misses=[
            (x - BIT / 2, y)
            for (x, y), (_, _, passed) in zip(places, points, strict=True)
            if not passed
        ],
    )


def _axis(values: Sequence[float], *, is_share: bool) -> tuple[float, float]:
    """Even ends of an axis whose span divides by three and that holds all values."""
    low, high = min(values), max(values)
    if is_share:
        return float(next((each for each in FLOORS if low >= each), FLOORS[-1])), 100.0
    span = (high - low) or abs(high) or 1.0
    magnitude = 10.0 ** _power(span / 3)
    for step in STEPS:
        size = step * magnitude
        floor = (low // size) * size
        if floor + 3 * size >= high:
            return floor, floor + 3 * size
    return low, low + span


def _power(value: float) -> int:
    return int(f"{value:e}".rpartition("e")[2])


def _line(places: Sequence[tuple[float, float]], *, reach: float | None = None) -> str:
    """A path through the places; a step wider than `reach` breaks it."""
    runs: list[list[tuple[float, float]]] = []
    for x, y in places:
        if not runs or (reach is not None and x - runs[-1][-1][0] > reach):
            runs.append([])
        runs[-1].append((x, y))
    return "".join(map(_run, runs))


def _run(places: Sequence[tuple[float, float]]) -> str:
    text = "M" + "L".join(f"{x:.6g} {y:.1f}" for x, y in places)
    return text if len(places) > 1 else f"{text}h{BIT}"


def _band(
    since: dt.date, until: dt.date | None, title: str, url: str, *, first: dt.date, today: dt.date
) -> Band:
    start = max(0, (since - first).days)
    end = max(start, ((until or today) - first).days)
    return Band(start, max(end - start, BIT), title, url)


def _y(score: float, floor: int) -> float:
    return (100 - score) / (100 - floor) * PLOT_HEIGHT
