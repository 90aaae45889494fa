"""Values of a contract that no real thing can have: ports, days, durations, shares, bounds."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.contracts.formats.odcs_walk import Walk
from core.descriptors import Node, impossible_days, text_of
from core.problems import Problem, shown

_GREATEST_PORT = 65_535
_NOT_NEGATIVE = frozenset(  # letters only, small
    [
        "availability",
        "errorrate",
        "frequency",
        "latency",
        "retention",
        "throughput",
        "timetodetect",
        "timetonotify",
        "timetorepair",
        "updatefrequency",
    ]
)
_DAYS = frozenset({"endoflife", "endofsupport", "generalavailability"})
_PERCENT = frozenset({"%", "percent", "percentage", "pct"})
_NOT_LETTER = re.compile(r"[^a-z]")
_LONGEST_PATTERN = 1_000  # characters that are tried
_BOUNDS = (
    ("minimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def impossible_values(walk: Walk) -> Iterator[Problem]:
    """Ports, days, service levels, patterns, bounds and examples that cannot be meant."""
    yield from _ports(walk.data)
    yield from _days(walk.data)
    for at, level in enumerate(walk.data.get("slaProperties") or ()):
        yield from _level(level, f"/slaProperties/{at}")
    for place in walk.places:
        options = place.node.get("logicalTypeOptions")
        if isinstance(options, Mapping):
            pointer = f"{place.pointer}/logicalTypeOptions"
            yield from _pattern(options, pointer)
            yield from _bounds(options, pointer)
        yield from _examples(place.node, place.pointer)


def _ports(data: Node) -> Iterator[Problem]:
    for at, server in enumerate(data.get("servers") or ()):
        port = server.get("port")
        number = int(port[:20]) if isinstance(port, str) and port.isdecimal() else port
        if isinstance(number, int) and not 1 <= number <= _GREATEST_PORT:
            message = f"`port` must be between 1 and {_GREATEST_PORT:,}."
            yield Problem(f"/servers/{at}/port", "out-of-range", message)


def _days(data: Node) -> Iterator[Problem]:
    team = data.get("team") or {}
    members = team.get("members") if isinstance(team, Mapping) else team
    pointer = "/team/members" if isinstance(team, Mapping) else "/team"
    for at, member in enumerate(members or ()):
        yield from impossible_days(member, f"{pointer}/{at}", ("dateIn", "dateOut"))
    yield from impossible_days(data, "", ("contractCreatedTs",))


def _level(level: Node, pointer: str) -> Iterator[Problem]:
    named = _NOT_LETTER.sub("", text_of(level, "property").lower().rpartition(".")[2])
    for field in ("value", "valueExt"):
        value = _number(level.get(field))
        if value is not None and value < 0 and named in _NOT_NEGATIVE:
            message = f"`{field}` of {shown(level.get('property'))} must be 0 or more."
            yield Problem(f"{pointer}/{field}", "negative-value", message)
        is_share = named in ("availability", "errorrate")
        if value is not None and is_share and value > 100 and _is_percent(level):
            message = f"`{field}` is a share in percent; it must be 100 or less."
            yield Problem(f"{pointer}/{field}", "out-of-range", message)
        if named in _DAYS:
            yield from impossible_days(level, pointer, (field,))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value[:40] if isinstance(value, str) else value)
    except ValueError:
        return None


def _is_percent(level: Node) -> bool:
    return text_of(level, "unit").strip().lower() in _PERCENT


def _pattern(options: Node, pointer: str) -> Iterator[Problem]:
    """A pattern of another dialect may be right; it is kept, and what we found is told."""
    pattern = options.get("pattern")
    if not isinstance(pattern, str) or len(pattern) > _LONGEST_PATTERN:
        return
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        message = f"`pattern` is no regular expression that Python reads: {shown(error)}."
        yield Problem(f"{pointer}/pattern", "bad-pattern", message, "warning")


def _bounds(options: Node, pointer: str) -> Iterator[Problem]:
    for low, high in _BOUNDS:
        if _above(options.get(low), options.get(high)):
            message = f"`{low}` is greater than `{high}`; no value can keep both."
            yield Problem(f"{pointer}/{low}", "impossible-bounds", message)


def _above(low: Any, high: Any) -> bool:
    """Of two numbers, or of two days."""
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (low, high))
    days = all(isinstance(x, str) and _DAY.match(x) for x in (low, high))
    return bool((numbers or days) and low > high)


def _examples(node: Node, pointer: str) -> Iterator[Problem]:
    """Examples that the contract's own list of values does not have."""
    allowed = [each.get("value") for each in node.get("enum") or ()]
    if not allowed:
        return
    for at, example in enumerate(node.get("examples") or ()):
        if example not in allowed:
            message = f"The example {shown(example)} is not in `enum`."
            yield Problem(f"{pointer}/examples/{at}", "not-in-enum", message, "warning")
