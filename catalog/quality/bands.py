"""What a number usually is: a band around its median that a few strange values do not move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

LEAST = 10  # values; of fewer nobody knows what is usual
LOOKED_AT = 30  # values, the newest
REACH = 5.0  # standard deviations, as far as the MAD tells them
PER_MAD = 1.4826  # standard deviations, of what is spread normally
LEAST_SHARE = 0.05  # of the median: what always was the same may still move a little


@dataclass(frozen=True)
class Band:
    """Between `low` and `high`, both included, a value is usual."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def usual_band(values: Sequence[float]) -> Band | None:
    """Median ± max(5 × 1.4826 × MAD, 5 % of the median); None of fewer than ten values.

    Source: the median absolute deviation as a robust scale (Hampel 1974): up to half of the values
    may be anything.
    """
    if len(values) < LEAST:
        return None
    middle = median(values)
    spread = median([abs(value - middle) for value in values])
    half = max(REACH * PER_MAD * spread, LEAST_SHARE * abs(middle))
    return Band(middle - half, middle + half)
