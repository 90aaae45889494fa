"""Changes of quality rules: what is promised of the data, and how it is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.contracts.formats.odcs_diff import limits
from catalog.contracts.formats.odcs_diff.changes import (
    BREAKS_BOTH,
    BREAKS_CONSUMER,
    BREAKS_PRODUCER,
    COSMETIC,
    NOTE_BOTH,
    NOTE_CONSUMER,
    NOTE_PRODUCER,
    Change,
    Entries,
    Spot,
    Weight,
    by,
    compare_fields,
    literal,
    told,
    whole,
)
from catalog.contracts.formats.odcs_diff.common import COMMON, WORDS
from catalog.contracts.formats.odcs_parse import OPERATORS

SEVERITIES = {"info": 0, "information": 0, "low": 0, "warning": 1, "warn": 1, "medium": 1}
ERROR = 2  # and whatever else is said, or nothing
WORDS_ONLY = frozenset({"text", "custom"})


def _is_hard(rule: Any) -> bool:
    return _severity(rule.get("severity")) == ERROR and rule.get("type") not in WORDS_ONLY


def _severity(value: Any) -> int:
    return SEVERITIES.get(str(value or "error").lower(), ERROR)


def _added(rule: Any) -> Weight:
    says_error = bool(rule.get("severity")) and _severity(rule["severity"]) == ERROR
    return BREAKS_PRODUCER if says_error else NOTE_PRODUCER


def _removed(rule: Any) -> Weight:
    return BREAKS_CONSUMER if _is_hard(rule) else NOTE_CONSUMER


def _severity_moved(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    before, after = _severity(old), _severity(new)
    message = "{path}: a breach weighed {old} and weighs {new}."
    if after < before:
        yield spot.change(NOTE_CONSUMER, "rule-softened", old, new, message)
    elif after > before:
        weight = BREAKS_PRODUCER if after == ERROR else NOTE_PRODUCER
        yield spot.change(weight, "rule-hardened", old, new, message)


def _name_of(rule: Any) -> str:
    for field in ("name", "metric", "rule", "description", "query", "type"):
        if rule.get(field):
            return str(rule[field])[:60]
    return "rule"


def _pair(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    yield from _threshold(spot, old, new)
    old, new = (
        {name: value for name, value in side.items() if name not in OPERATORS}
        for side in (old, new)
    )
    yield from compare_fields(spot, old, new, RULES, CHECKED)


def _threshold(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    before, after = (
        next(((name, side[name]) for name in OPERATORS if name in side), ("", None))
        for side in (old, new)
    )
    given = [{name: value} if name else None for name, value in (before, after)]
    if given[0] == given[1] and repr(given[0]) == repr(given[1]):
        return
    place = spot.field(after[0]) if after[0] == before[0] else spot
    how = limits.thresholds(before, after)
    texts = [f"{name} {value}" if name else "nothing" for name, value in (before, after)]
    message = f"{{path}}: the rule was “{literal(texts[0][:80])}” and is “{literal(texts[1][:80])}”"
    weight, code, end = {
        "same": (COSMETIC, "written-differently", ", which means the same."),
        "wider": (BREAKS_CONSUMER, "rule-loosened", "; it lets more through."),
        "narrower": (BREAKS_PRODUCER, "rule-tightened", "; it lets less through."),
        "changed": (BREAKS_BOTH, "rule-changed", "."),
    }[how]
    if weight.level == "breaking" and not (_is_hard(old) and _is_hard(new)):
        weight = Weight("compatible", weight.direction)
    yield place.change(weight, code, given[0], given[1], message + end)


CHECKED = told(NOTE_BOTH, "rule-changed", "{path}: `{field}` was {old} and is {new}.")
RULES = {
    **COMMON,
    "name": WORDS,
    "dimension": WORDS,
    "businessImpact": WORDS,
    "severity": _severity_moved,
    "schedule": told(NOTE_CONSUMER, "rule-changed", "{path} is checked at other times."),
    "scheduler": WORDS,
}


def _path(parent: str, rule: Any) -> str:
    return f"{parent} · {_name_of(rule)}".strip(" ·")


quality = Entries(
    noun="rule",
    keys=(
        whole,
        by("id"),
        by("name"),
        by("metric", "arguments"),
        by("metric"),
        by("rule"),
        by("query"),
        by("description"),
    ),
    path=_path,
    added=_added,
    removed=_removed,
    inside=_pair,
).rule
