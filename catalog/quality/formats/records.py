"""What every tool's results come down to."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.quality.states import Dimension, Outcome
from core.problems import Problem

Json = Mapping[str, Any]

LONGEST_KEY = 500
LONGEST_NAME = 300
LONGEST_MESSAGE = 2000
COMPACT = re.compile(r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\.\d{1,6})?(Z?)$")
ASSUMED = dt.timezone(dt.timedelta(0), "UTC, for want of a zone")
FRACTION = re.compile(r"(\.\d{6})\d+")  # nanoseconds are cut to microseconds
SEVERITIES: Mapping[str, float] = {"info": 0.25, "warning": 0.5, "warn": 0.5, "critical": 2.0}


@dataclass(frozen=True)
class Reported:
    """One result of one check, as its tool tells it.

    `dataset` is the tool's own name of what was looked at ("" unknown), `port` an fqn where the
    sender knows the portal. `evaluated` and `failed` are rows.
    """

    pointer: str
    key: str
    name: str
    outcome: str
    at: dt.datetime
    dimension: str = Dimension.ACCURACY
    dataset: str = ""
    namespace: str = ""
    port: str = ""
    evaluated: int | None = None
    failed: int | None = None
    value: float | None = None
    message: str = ""
    weight: float = 1.0


@dataclass
class Report:
    """What a file holds: results, why some of it are none, and what was guessed of the others."""

    format: str
    results: list[Reported] = field(default_factory=list)
    skipped: list[Problem] = field(default_factory=list)
    guessed: list[Problem] = field(default_factory=list)

    def skip(self, pointer: str, code: str, message: str) -> None:
        """Say that something in the file is no result."""
        self.skipped.append(Problem(pointer, code, message, "warning"))


def time_of(value: Any) -> dt.datetime | None:
    """A time as tools write it, ISO 8601 or compact; `ASSUMED` where it has no zone; else None."""
    if not isinstance(value, str):
        return None
    compact = COMPACT.match(value)
    if compact:
        year, month, day, hour, minute, second, fraction, zone = compact.groups()
        value = f"{year}-{month}-{day}T{hour}:{minute}:{second}{fraction or ''}{zone}"
    try:
        found = dt.datetime.fromisoformat(FRACTION.sub(r"\1", value))
        return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=ASSUMED)
    except (ValueError, OverflowError):
        return None


def count_of(value: Any) -> int | None:
    """A number of rows; None for anything else, NaN and fractions included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or value < 0 or value != int(value) or value >= 2**63:
        return None
    return int(value)


def number_of(value: Any) -> float | None:
    """A finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 and math.isfinite(value) else None


def text_of(value: Any, longest: int = LONGEST_NAME) -> str:
    """A text without characters that the database refuses; "" for anything else."""
    return clean(value)[:longest] if isinstance(value, str) else ""


def clean(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def dict_of(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def outcome_of(success: Any) -> str | None:
    """Of a plain yes or no."""
    return (
        {True: Outcome.PASS, False: Outcome.FAIL}.get(success)
        if isinstance(success, bool)
        else None
    )


def dimension_by(words: Mapping[str, str], name: str) -> str:
    """The dimension of the first word that stands in the name of a check; else accuracy."""
    lower = name.lower()
    return next((found for word, found in words.items() if word in lower), Dimension.ACCURACY)
