"""Where the line of a score's trend runs; plain arithmetic in the units of the drawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

PLOT_HEIGHT = 30  # units between the highest and the lowest grid line
FLOORS = (70, 40, 10, 1)  # percent at the lowest grid line; the span divides by three
PIXELS = 4  # per unit, in a drawing of 128 px


@dataclass(frozen=True)
class Label:
    text: str
    y: int  # px


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


def trend(points: Sequence[tuple[dt.date, float]], *, days: int, today: dt.date) -> Trend | None:
    """The line through `(day, percent)`, oldest first; None for fewer than two days."""
    if len(points) < 2:
        return None
    first = today - dt.timedelta(days=days)
    scores = [score for _, score in points]
    floor = next((each for each in FLOORS if min(scores) >= each), FLOORS[-1])
    places = [((day - first).days, _y(score, floor)) for day, score in points]
    labels = [
        Label(str(100 - (100 - floor) * step // 3), 12 + step * 10 * PIXELS) for step in range(4)
    ]
    path = "M" + "L".join(f"{x} {y:.1f}" for x, y in places)
    last_y = 8 + round(places[-1][1] * PIXELS)
    return Trend(days, path, labels, min(scores), max(scores), first, last_y)


def _y(score: float, floor: int) -> float:
    return (100 - score) / (100 - floor) * PLOT_HEIGHT
