"""Service levels that the rows themselves can break: freshness, frequency, retention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contracts.formats.odcs import ContractDoc
from catalog.quality.rules.limits import number
from catalog.quality.rules.phrases import code
from catalog.quality.rules.wanted import Wanted
from catalog.quality.states import Dimension, Origin

KINDS: Mapping[str, str] = {  # by letters only, small
    "latency": "freshness",
    "freshness": "freshness",
    "frequency": "frequency",
    "updatefrequency": "frequency",
    "retention": "retention",
}
SECONDS: Mapping[str, float] = {  # a unit of PostgreSQL's intervals, one of it in seconds
    "milliseconds": 0.001,
    "seconds": 1,
    "minutes": 60,
    "hours": 3_600,
    "days": 86_400,
    "weeks": 604_800,
    "months": 2_629_800,
    "years": 31_557_600,
}
UNITS: Mapping[str, str] = {
    "ms": "milliseconds",
    "s": "seconds", "sec": "seconds", "secs": "seconds",
    "m": "minutes", "min": "minutes", "mins": "minutes",
    "h": "hours", "hr": "hours", "hrs": "hours",
    "d": "days", "w": "weeks",
    "mo": "months", "mon": "months",
    "y": "years", "yr": "years", "yrs": "years",
    **{name: name for name in SECONDS},
    **{name[:-1]: name for name in SECONDS},
}  # fmt: skip
WRITTEN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]{0,12})\Z")
ISO = re.compile(r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
                 r"(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?\Z")  # fmt: skip
ISO_UNITS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
MOST_SECONDS = 1_000 * SECONDS["years"]


@dataclass(frozen=True)
class Span:
    """A length of time as PostgreSQL reads it, and about how many seconds it is."""

    text: str
    seconds: float


def span_of(value: Any, unit: str) -> Span | None:
    """`4`, `d`; `24h`; `P1Y`: a span; None for what is none or is over a thousand years."""
    parts = _parts(str(value).strip().lower(), unit.strip().lower())
    if not parts or not all(name for _, name in parts):
        return None
    seconds = sum(float(n) * SECONDS[name] for n, name in parts)
    if not 0 < seconds <= MOST_SECONDS:
        return None
    return Span(" ".join(f"{n} {name}" for n, name in parts), seconds)


def _parts(text: str, unit: str) -> list[tuple[str, str]]:
    """`(number, unit)`; a unit in the value itself counts before the field."""
    written = WRITTEN.match(text)
    if written is not None:
        return [(written[1], UNITS.get(written[2] or unit, ""))]
    iso = ISO.match(text.upper())
    groups = iso.groups() if iso else ()
    return [(n, name) for n, name in zip(groups, ISO_UNITS, strict=False) if n]


def promised(doc: ContractDoc, document: Mapping[str, Any]) -> Iterator[Wanted]:
    """A check for each promise about time, by the column that it names.

    One that names none is kept with the mend, and counts as not measured: which moment is meant, a
    guess would not know. Promises about other things are words.
    """
    nodes = document.get("slaProperties") or ()
    default = str(document.get("slaDefaultElement") or document.get("slaDefaultColumn") or "")
    lags = _lags(doc, default)
    for at, level in enumerate(doc.service_levels):
        kind = KINDS.get(_letters(level.property), "")
        span = span_of(level.value, level.unit) if kind else None
        if span is None:
            continue
        schedule = str(nodes[at].get("schedule") or "") if at < len(nodes) else ""
        element = level.element or default
        elements = list(_elements(doc, element))
        if not elements:
            yield _unmeasured(kind, f"/slaProperties/{at}", span, _mend(doc, element))
        for object_name, column in elements:
            lag = lags.get((object_name, column), 0.0) if kind == "frequency" else 0.0
            yield _wanted(kind, f"/slaProperties/{at}", object_name, column, span, lag, schedule)


def _wanted(
    kind: str, pointer: str, object_name: str, column: str, span: Span, lag: float, schedule: str
) -> Wanted:
    words = _singular(span.text)
    if kind == "retention":
        about: dict[str, Any] = {
            "metric": "expiredValues",
            "threshold": 0,
            "arguments": {"keep": span.text},
            "demand": f"no rows whose {code(column)} is more than {words} ago",
        }
    else:
        late = " and as late as the latency allows" if lag else ""
        about = {
            "metric": "age",
            "threshold": number(span.seconds + lag),
            "unit": "seconds",
            "demand": f"the newest {code(column)} is at most {words} old{late}",
        }
    return Wanted(
        pointer=pointer,
        origin=Origin.SLA,
        object=object_name,
        columns=(column,),
        type="library",
        kind=kind,
        operator="mustBeLessOrEqualTo",
        dimension=Dimension.TIMELINESS,
        schedule=schedule,
        **about,
    )


def _unmeasured(kind: str, pointer: str, span: Span, trouble: str) -> Wanted:
    words = _singular(span.text)
    keeps = kind == "retention"
    return Wanted(
        pointer=pointer,
        origin=Origin.SLA,
        object="",
        columns=(),
        type="library",
        metric="expiredValues" if keeps else "age",
        kind=kind,
        demand=f"no rows older than {words}" if keeps else f"data at most {words} old",
        dimension=Dimension.TIMELINESS,
        trouble=trouble,
    )


def _mend(doc: ContractDoc, element: str) -> str:
    """Why nothing is measured, and what to write into the contract."""
    moments = (
        f"{described.name}.{each.name}"
        for described in doc.objects
        for each in described.properties
        if each.logical_type in ("timestamp", "date")
    )
    example = next(moments, "")
    what = f"has no column “{element}”" if element else "names no column"
    mend = f"Give the promise an “element”{example and f', as “{example}”'}."
    return f"The contract {what}. {mend}"


def _lags(doc: ContractDoc, default: str) -> dict[tuple[str, str], float]:
    """By how many seconds rows may be late: a source read daily and four days late is five old."""
    found: dict[tuple[str, str], float] = {}
    for level in doc.service_levels:
        span = span_of(level.value, level.unit)
        if span is not None and _letters(level.property) == "latency":
            for element in _elements(doc, level.element or default):
                found[element] = span.seconds
    return found


def _elements(doc: ContractDoc, written: str) -> Iterator[tuple[str, str]]:
    """`(object, column)` of `orders.created_at`, or of `created_at` in every object that has it."""
    for element in filter(None, (each.strip() for each in written.split(","))):
        for described in doc.objects:
            named = [f"{own}." for own in {described.name, described.physical_name} if own]
            for each in described.properties:
                if element == each.name or element in {f"{own}{each.name}" for own in named}:
                    yield described.name, each.name


def _singular(text: str) -> str:
    """`1 days` → `1 day`."""
    words = text.split()
    pairs = zip(words[::2], words[1::2], strict=True)
    return " ".join(f"{n} {unit[:-1] if n == '1' else unit}" for n, unit in pairs)


def _letters(text: str) -> str:
    return "".join(each for each in text.lower() if each.isalpha())
