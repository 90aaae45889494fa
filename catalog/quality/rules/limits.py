"""What a rule compares with: units, thresholds, weights, dimensions, as contracts write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.quality.scores import SEVERITY_WEIGHTS
from catalog.quality.states import Dimension

ROWS, PERCENT = "rows", "percent"
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("", "row", "rows", "record", "records", "count", "counts"), ROWS),
    **dict.fromkeys(("%", "percent", "percents", "percentage", "pct"), PERCENT),
}
SHORT_DIMENSIONS: Mapping[str, str] = {
    "ac": Dimension.ACCURACY,
    "cp": Dimension.COMPLETENESS,
    "cf": Dimension.CONFORMITY,
    "cs": Dimension.CONSISTENCY,
    "cv": Dimension.COVERAGE,
    "tm": Dimension.TIMELINESS,
    "uq": Dimension.UNIQUENESS,
    "validity": Dimension.CONFORMITY,
    "freshness": Dimension.TIMELINESS,
    "volume": Dimension.COVERAGE,
}
WEIGHTS: Mapping[str, float] = {
    **SEVERITY_WEIGHTS,
    **dict.fromkeys(("information", "informational", "low", "minor", "trivial"), 0.25),
    **dict.fromkeys(("warn", "medium", "moderate"), 0.5),
    **dict.fromkeys(("high", "major"), 1.0),
    **dict.fromkeys(("blocker", "fatal"), 2.0),
}


def unit_of(written: str) -> str | None:
    """`rows` or `percent`; None for anything else."""
    return UNITS.get(written.strip().lower())


def dimension_of(written: str, otherwise: str) -> str:
    """One of the seven; what is not known counts as `otherwise`."""
    name = written.strip().lower()
    name = SHORT_DIMENSIONS.get(name, name)
    return name if name in Dimension.values else otherwise


def weight_of(severity: str) -> float:
    """By severity; an unknown one counts as an error."""
    return WEIGHTS.get(severity.strip().lower(), 1.0)


def threshold_of(operator: str, given: Sequence[Any]) -> float | list[float] | None:
    """What the operator compares with; None where it is no number, or not as many as it needs."""
    numbers = [number(each) for each in given]
    found = [each for each in numbers if each is not None]
    if len(found) != len(numbers) or len(found) != (2 if operator.endswith("Between") else 1):
        return None
    return found if len(found) == 2 else found[0]


def number(value: Any) -> float | None:
    """A finite number, also where it is written as text; whole ones stay whole."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(found):
        return None
    return int(found) if found == int(found) and abs(found) < 2**53 else found


def limit_words(operator: str, threshold: float | list[float] | None, unit: str) -> str:
    """`mustBeLessOrEqualTo`, 5, percent → `at most 5 %`; "" where nothing is compared."""
    if threshold is None or operator not in WORDS:
        return ""
    numbers = threshold if isinstance(threshold, list) else [threshold]
    shown = [f"{each:,.15g}" for each in numbers]
    words = WORDS[operator].format(*shown)
    return f"{words} %" if unit == PERCENT else words


WORDS: Mapping[str, str] = {
    "mustBe": "exactly {0}",
    "mustNotBe": "any number but {0}",
    "mustBeGreaterThan": "more than {0}",
    "mustBeGreaterOrEqualTo": "at least {0}",
    "mustBeLessThan": "less than {0}",
    "mustBeLessOrEqualTo": "at most {0}",
    "mustBeBetween": "between {0} and {1}",
    "mustNotBeBetween": "less than {0} or more than {1}",
}


def allows_none(operator: str, threshold: float | list[float] | None, unit: str) -> bool:
    """Whether the limit says “none at all”."""
    if operator in ("mustBe", "mustBeLessOrEqualTo"):
        return threshold == 0
    return operator == "mustBeLessThan" and threshold == 1 and unit == ROWS
