"""A diff in people's words; plain data."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contracts.formats.odcs_diff import LEVELS, Change, Summary
from catalog.contracts.phrases import amount
from core.problems import shown

MAX_SHOWN = 300  # changes of one level on a page; the REST answer has all
TITLES = {
    "breaking": ("Breaking", "Somebody must act before this version takes effect."),
    "compatible": ("Compatible", "Nothing breaks; worth knowing."),
    "cosmetic": ("Cosmetic", "Words and order only."),
}
TONES = {"breaking": "bad", "compatible": "info", "cosmetic": "bare"}
FACTS = {  # what tells most of an entry, in this order, and how it is called
    **dict.fromkeys(("logicalType", "physicalType", "type", "metric", "value"), ""),
    "required": "required",
    "primaryKey": "key",
    "unique": "unique",
    **dict.fromkeys(("classification", "access", "environment", "host", "database", "url"), ""),
    "mustBe": "must be",
    "mustNotBe": "must not be",
    "mustBeGreaterThan": "more than",
    "mustBeGreaterOrEqualTo": "at least",
    "mustBeLessThan": "less than",
    "mustBeLessOrEqualTo": "at most",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not between",
}
HIT = {
    "consumer": "Consumers",
    "producer": "Producer",
    "both": "Both sides",
    "none": "Nobody",
}


@dataclass(frozen=True)
class ShownChange:
    """One row: where, what, from and to as short texts."""

    change: Change
    text: str  # the message without the path that stands beside it
    hit: str
    before: str
    after: str


@dataclass(frozen=True)
class Group:
    level: str
    title: str
    meaning: str
    tone: str
    rows: list[ShownChange]
    total: int


@dataclass(frozen=True)
class VerdictText:
    tone: str
    title: str
    text: str


def groups_of(changes: Iterable[Change]) -> list[Group]:
    """Changes by level, the worst first; levels without one are left out."""
    by_level: dict[str, list[Change]] = {level: [] for level in LEVELS}
    for change in changes:
        by_level[change.level].append(change)
    return [
        Group(
            level,
            *TITLES[level],
            TONES[level],
            [_row(change) for change in found[:MAX_SHOWN]],
            len(found),
        )
        for level, found in by_level.items()
        if found
    ]


def verdict_text(summary: Summary) -> VerdictText:
    """What the diff means to a consumer, and whether the version number says so."""
    if summary.level == "none":
        return VerdictText("ok", "Nothing changed.", "Both versions say the same.")
    if summary.consumer == "breaking":
        tone, title = "bad", "This breaks consumers."
    elif summary.producer == "breaking":
        tone, title = "warn", "Consumers are safe; the producer must keep more than before."
    else:
        tone, title = "ok", "Nothing breaks."
    return VerdictText(tone, title, _number_text(summary))


def _number_text(summary: Summary) -> str:
    if summary.advice == "none":
        return ""
    asked = f"Such a change asks for a new {summary.advice} version"
    if summary.keeps_advice is None:
        return f"{asked}; these two numbers cannot be compared."
    if summary.keeps_advice:
        return f"{asked}, and the number says so."
    given = f"is a {summary.bump} step only" if summary.bump != "none" else "has not grown"
    return f"{asked}, but the number {given}."


def curl_of(url: str) -> str:
    """A command that asks for the same in a shell."""
    return f'curl -H "Authorization: Bearer $TOKEN" {shlex.quote(url)}'


def _row(change: Change) -> ShownChange:
    text = change.message.removeprefix(f"{change.path}: ").removesuffix(f": {change.path}.")
    return ShownChange(
        change,
        text[:1].upper() + text[1:],
        HIT[change.direction],
        _short(change.before),
        _short(change.after),
    )


def _short(value: Any) -> str:
    """A value as a cell shows it; of what holds others only the facts that matter most."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return shown(", ".join(_facts(value))) or "described"
    if isinstance(value, list):
        return shown(", ".join(_name_or_short(each) for each in value))
    return shown(value)


def _facts(entry: Mapping[str, Any]) -> Iterator[str]:
    """What tells most of an entry: `integer, required`, `rowCount, more than 0 rows`, `1 hour`."""
    unit = entry.get("unit")
    for name, words in FACTS.items():
        value = entry.get(name)
        if value is True:
            yield words
        elif value is not None and value is not False:
            measures = name == "value" or name.startswith("must")
            said = _short(value)
            if measures and isinstance(unit, str):
                said = amount(said, unit)
            yield f"{words} {said}".strip()


def _name_or_short(value: Any) -> str:
    return str(value["name"]) if isinstance(value, dict) and "name" in value else _short(value)
