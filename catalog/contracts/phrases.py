"""Promises and rules of a contract in people's words; plain data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

UNITS = {  # as ODCS writes them: one, many
    "s": ("second", "seconds"),
    "m": ("minute", "minutes"),
    "min": ("minute", "minutes"),
    "h": ("hour", "hours"),
    "d": ("day", "days"),
    "w": ("week", "weeks"),
    "y": ("year", "years"),
}
PROMISES = {
    "latency": "Fresh within",
    "freshness": "Fresh within",
    "frequency": "Refreshed every",
    "interval": "Refreshed every",
    "retention": "Kept for",
    "availability": "Available",
    "throughput": "Throughput",
    "errorrate": "Errors at most",
    "timetodetect": "Faults noticed within",
    "timetonotify": "Consumers told within",
    "timetorepair": "Repaired within",
    "supportresponsetime": "Answer within",
    "timeofavailability": "Ready at",
    "generalavailability": "Available from",
    "endofsupport": "Supported until",
    "endoflife": "Ends on",
}
FRESHNESS = frozenset({"latency", "freshness"})
LENGTHS = frozenset({"seconds", "minutes", "hours", "days", "weeks"})  # always the same


@dataclass(frozen=True)
class PromiseText:
    label: str
    value: str
    is_freshness: bool
    within: dt.timedelta | None  # of a promise of freshness, where its unit has one length


def promise_text(name: str, value: str, unit: str) -> PromiseText:
    """`latency 1 h` → “Fresh within”, “1 hour”."""
    key = name.replace("_", "").replace(" ", "").lower()
    label = PROMISES.get(key) or name.replace("_", " ").capitalize()
    is_freshness = key in FRESHNESS
    return PromiseText(
        label, amount(value, unit), is_freshness, _duration(value, unit) if is_freshness else None
    )


def amount(value: str, unit: str) -> str:
    """`4`, `d` → `4 days`; units that ODCS does not name stay as they are."""
    known = UNITS.get(unit.lower().rstrip("s") or unit) or UNITS.get(unit.lower())
    if known is None:
        known = next((pair for pair in UNITS.values() if unit.lower() in pair), None)
    word = unit if known is None else known[0 if value.strip() == "1" else 1]
    return f"{value} {word}".strip()


def _duration(value: str, unit: str) -> dt.timedelta | None:
    """`4`, `h` → four hours; months and years have no one length."""
    name = amount("2", unit).partition(" ")[2]
    try:
        return dt.timedelta(**{name: float(value)}) if name in LENGTHS else None
    except (ValueError, OverflowError):
        return None


def rule_text(operator: str, threshold: object, unit: str) -> str:
    """`mustBeLessThan`, 5, `percent` → `less than 5 percent`."""
    if not operator:
        return ""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in operator.removeprefix("must"))
    if isinstance(threshold, list):
        limit = " and ".join(str(each) for each in threshold)
    else:
        limit = "" if threshold is None else str(threshold)
    return f"{words.strip()} {limit} {unit}".strip()
