"""Changes of service levels and servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catalog.contracts.formats.odcs_diff.changes import (
    BREAKS_CONSUMER,
    COMPATIBLE,
    COSMETIC,
    NOTE_BOTH,
    NOTE_CONSUMER,
    NOTE_PRODUCER,
    Change,
    Entries,
    Rule,
    Spot,
    by,
    compare_fields,
    same,
    told,
    whole,
)
from catalog.contracts.formats.odcs_diff.common import COMMON, WORDS, named

_WORSE_WHEN_HIGHER = (
    *("latency", "ly", "freshness", "frequency", "fy", "interval"),
    *("timetodetect", "td", "timetonotify", "tn", "timetorepair", "tr"),
    *("errorrate", "er", "supportresponsetime", "responsetime"),
    *("timeofavailability", "generalavailability", "ga"),
)
_WORSE_WHEN_LOWER = (
    *("availability", "av", "retention", "re", "throughput", "ty"),
    *("completeness", "accuracy", "endofsupport", "es", "endoflife", "el"),
)
WORSE = {**dict.fromkeys(_WORSE_WHEN_HIGHER, 1), **dict.fromkeys(_WORSE_WHEN_LOWER, -1)}
PERCENT = frozenset({"%", "percent", "pct"})
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z%]*)\s*$")  # `99.9%`, `500ms`, `2`
_MOMENT = re.compile(r"\d{2}:\d{2}|\d{4}-\d{2}-\d{2}")
SECONDS: dict[str, float] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400),
    **dict.fromkeys(("mo", "month", "months"), 30 * 86_400),
    **dict.fromkeys(("y", "yr", "year", "years"), 365 * 86_400),
}


def _measured(level: Any) -> tuple[str, Any] | None:
    """Value and unit in a form that can be compared: seconds, plain numbers, or dates as text."""
    value, unit = level.get("value"), str(level.get("unit") or "").lower()
    if isinstance(value, str):
        match = _AMOUNT.match(value)
        if match is None:
            return ("text", value) if _MOMENT.match(value) and not unit else None
        value, unit = float(match[1]), match[2].lower() or unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    unit = "" if unit in PERCENT else unit
    if unit in SECONDS:
        return "time", value * SECONDS[unit]
    return unit, value


def _kind(level: Any) -> str:
    return str(level.get("property", "")).lower().replace("_", "").replace(" ", "")


def _level_pair(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    before, after = ({name: side.get(name) for name in AMOUNT} for side in (old, new))
    if not same(before, after):
        yield _amount(spot, old, new)
    old, new = (
        {name: value for name, value in side.items() if name not in AMOUNT} for side in (old, new)
    )
    yield from compare_fields(spot, old, new, LEVEL, LEVEL_CHANGED)


def _amount(spot: Spot, old: Any, new: Any) -> Change:
    first, second = (
        f"{side.get('value', '')} {side.get('unit') or ''}".strip() for side in (old, new)
    )
    before, after = _measured(old), _measured(new)
    worse = WORSE.get(_kind(new), 0)
    message = "{path}: {old} was promised, now it is {new}"
    if not worse or before is None or after is None or before[0] != after[0]:
        end = "; whether that is better, people must say."
        return spot.change(NOTE_BOTH, "sla-changed", first, second, message + end)
    if before[1] == after[1]:
        return spot.change(COSMETIC, "written-differently", first, second, message + ", the same.")
    if (after[1] > before[1]) == (worse > 0):
        end = "; that is less."
        return spot.change(BREAKS_CONSUMER, "sla-weakened", first, second, message + end)
    return spot.change(
        NOTE_PRODUCER, "sla-strengthened", first, second, message + "; that is more."
    )


def _level_path(_: str, level: Any) -> str:
    element = level.get("element")
    return f"{level.get('property', 'level')}{f' of {element}' if element else ''}"


AMOUNT = ("value", "unit")
LEVEL_CHANGED = told(NOTE_BOTH, "sla-changed", "{path}: `{field}` was {old} and is {new}.")
LEVEL = {**COMMON, "driver": WORDS}
LEVELS_PROMISED = Entries(
    noun="service level",
    keys=(whole, by("id"), by("property", "element"), by("property")),
    path=_level_path,
    added=lambda _: NOTE_PRODUCER,
    removed=lambda _: BREAKS_CONSUMER,
    inside=_level_pair,
)


def _server_moved(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    if old is None:
        yield spot.change(COMPATIBLE, "server-detailed", old, new, "{path}: `{field}` is {new}.")
    else:
        message = "{path}: `{field}` was {old} and is {new}; connections must follow."
        yield spot.change(BREAKS_CONSUMER, "server-moved", old, new, message)


ROLES: Rule = named(
    "role",
    "role",
    added=COMPATIBLE,
    removed=BREAKS_CONSUMER,
    rules={
        "role": told(BREAKS_CONSUMER, "role-renamed", "{path}: the role {old} is {new} now."),
        "access": told(NOTE_BOTH, "role-changed", "{path}: access was {old} and is {new}."),
    },
)
SERVER = {
    **COMMON,
    "server": told(NOTE_CONSUMER, "server-renamed", "The server {old} is called {new} now."),
    "roles": ROLES,
}
SERVERS = Entries(
    noun="server",
    keys=(whole, by("id"), by("server", "environment"), by("server")),
    path=lambda _, entry: f"servers.{entry.get('server', '')}",
    added=lambda _: COMPATIBLE,
    removed=lambda _: BREAKS_CONSUMER,
    inside=lambda spot, old, new: compare_fields(spot, old, new, SERVER, _server_moved),
)
