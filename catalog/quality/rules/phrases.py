"""What a check demands, in one sentence that a reader of the data understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.quality.rules.limits import PERCENT, allows_none, limit_words

MOST_VALUES = 8  # that are named
LONGEST_VALUE = 60  # characters
Threshold = float | list[float] | None


def demand_of(
    metric: str,
    object_name: str,
    columns: Sequence[str],
    arguments: Mapping[str, Any],
    operator: str,
    threshold: Threshold,
    unit: str,
) -> str:
    """`nullValues` on `email`, none allowed → “no empty values in `email`”."""
    what = names(columns) if columns else code(object_name)
    if metric == "rowCount":
        limit = limit_words(operator, threshold, "")
        return f"{limit} rows in {code(object_name)}" if limit else f"a row count of {what}"
    if allows_none(operator, threshold, unit):
        return _none(metric, what, arguments)
    limit = limit_words(operator, threshold, unit)
    counted = "of the rows with" if unit == PERCENT else "rows with"
    return f"{limit} {counted} {_bad(metric, what)}" if limit else _none(metric, what, arguments)


def query_demand(operator: str, threshold: Threshold, description: str) -> str:
    """Of a rule in SQL: what its author says of it, and what its answer must be."""
    limit = limit_words(operator, threshold, "")
    said = " ".join(description.split()).rstrip(".")
    if not limit:
        return said or "what its query says"
    return f"{said} (the query gives {limit})" if said else f"its query gives {limit}"


def names(columns: Sequence[str]) -> str:
    """`` `a`, `b` and `c` ``."""
    shown = [code(each) for each in columns]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def code(name: str) -> str:
    return f"`{_short(name)}`"


def _none(metric: str, what: str, arguments: Mapping[str, Any]) -> str:
    if metric == "nullValues":
        return f"no empty values in {what}"
    if metric == "missingValues":
        return f"no missing values in {what}{_besides(arguments)}"
    if metric == "duplicateValues":
        return f"no two rows with the same {what}"
    if metric == "invalidValues":
        return "; ".join(valid_words(what, arguments)) or f"only valid values in {what}"
    return f"a rule on {what}"


def _bad(metric: str, what: str) -> str:
    return {
        "nullValues": f"no value in {what}",
        "missingValues": f"a missing value in {what}",
        "duplicateValues": f"the same {what} as another",
        "invalidValues": f"an invalid value in {what}",
    }.get(metric, f"a broken rule on {what}")


def _besides(arguments: Mapping[str, Any]) -> str:
    given = arguments.get("missingValues")
    listed = [each for each in given if each not in (None, "")] if isinstance(given, list) else []
    return f" (also {_listed(listed)})" if listed else ""


def valid_words(what: str, arguments: Mapping[str, Any]) -> list[str]:
    """Each thing that `invalidValues` asks of a value."""
    words = []
    if isinstance(arguments.get("validValues"), list):
        words.append(f"{what} is one of {_listed(arguments['validValues'])}")
    if "pattern" in arguments:
        words.append(f"{what} looks like {code(str(arguments['pattern']))}")
    if "format" in arguments:
        words.append(f"{what} is a valid {str(arguments['format']).replace('-', ' ')}")
    if {"minLength", "maxLength"} & arguments.keys():
        words.append(f"{what} has {_span(arguments, 'minLength', 'maxLength')} characters")
    if {"minItems", "maxItems"} & arguments.keys():
        words.append(f"{what} has {_span(arguments, 'minItems', 'maxItems')} items")
    bounds = [
        text.format(_short(arguments[name])) for name, text in BOUNDS.items() if name in arguments
    ]
    if bounds:
        words.append(f"{what} is {' and '.join(bounds)}")
    if "multipleOf" in arguments:
        words.append(f"{what} is a multiple of {_short(arguments['multipleOf'])}")
    return words


BOUNDS: Mapping[str, str] = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
}


def _span(arguments: Mapping[str, Any], low: str, high: str) -> str:
    if low in arguments and high in arguments:
        same = arguments[low] == arguments[high]
        return f"{arguments[low]}" if same else f"{arguments[low]} to {arguments[high]}"
    return f"at least {arguments[low]}" if low in arguments else f"at most {arguments[high]}"


def _listed(values: Sequence[Any]) -> str:
    shown = ", ".join(_short(each) for each in values[:MOST_VALUES])
    more = len(values) - MOST_VALUES
    return f"{shown} and {more} more" if more > 0 else shown


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
