"""What of a port a reader gets: some columns, and the rows that conditions keep.

As a document: `{object: {"columns": [property, ...], "rows": [{"column": property, "operator":
..., "values": [...]}]}}`. An object that is not named is read as a whole; of one that is, every
column where `columns` is absent, and every row where `rows` is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from core.problems import Problem
from provisioning.drivers.postgres import naming
from provisioning.drivers.postgres.narrowing import ALONE, COMPARED, LISTED

Narrow = Mapping[str, Mapping[str, Any]]
Shape = Mapping[str, Mapping[str, str]]  # {object: {property: logical type}}
MAX_CONDITIONS = 20  # of one object
MAX_VALUES = 1000  # of one condition
MAX_TEXT = 1000  # characters of one value
WORDS = {
    "equals": "is",
    "not-equals": "is not",
    "less": "is less than",
    "at-most": "is at most",
    "greater": "is greater than",
    "at-least": "is at least",
    "in": "is one of",
    "not-in": "is none of",
    "is-null": "is missing",
    "is-not-null": "is there",
}


def read_narrow(given: Any, shape: Shape) -> tuple[dict[str, Any], list[Problem]]:
    """The document with what it needs not say left out, and what is wrong with it.

    Args:
        given: as it came; None: everything.
        shape: what there is to choose from.
    """
    if given in (None, {}):
        return {}, []
    if not isinstance(given, dict):
        return {}, [Problem("/narrow", "not-an-object", "Send {object: {columns, rows}}.")]
    problems = [each for name in given for each in _object_problems(name, given[name], shape)]
    if problems:
        return {}, problems
    kept = {name: _shortened(given[name], shape[name]) for name in given}
    return {name: each for name, each in kept.items() if each}, []


def narrow_in_words(narrow: Narrow) -> list[str]:
    """A line for each object's columns and one for each condition."""
    lines = []
    for name, each in sorted(narrow.items()):
        if each.get("columns"):
            lines.append(f"{name}: only {', '.join(each['columns'])}")
        lines += [f"{name}: {_condition_in_words(row)}" for row in each.get("rows", ())]
    return lines


def for_driver(
    narrow: Narrow, tables: Mapping[str, str], shape: Shape
) -> tuple[dict[str, Any], list[Problem]]:
    """The same with the warehouse's names of tables and columns, as the driver takes it.

    What the contract has no more is a problem: a filter must not fall away unseen.
    """
    problems = [each for name in narrow for each in _object_problems(name, narrow[name], shape)]
    problems += [
        Problem(f"/narrow/{name}", "unknown-object", f"The port has no table for {name} any more.")
        for name in narrow
        if name not in tables
    ]
    if problems:
        return {}, problems
    found = {}
    for name, each in narrow.items():
        columns = naming.allocate(shape[name], prefix="c")
        found[tables[name]] = _translated(each, columns)
    return found, []


def _translated(each: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    only = {"columns": [columns[name] for name in each["columns"]]} if "columns" in each else {}
    rows = [{**row, "column": columns[row["column"]]} for row in each.get("rows", ())]
    return {**only, **({"rows": rows} if rows else {})}


def _shortened(each: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    wanted = [name for name in columns if name in each.get("columns", ())]
    only = {"columns": wanted} if wanted and len(wanted) < len(columns) else {}
    return {**only, **({"rows": list(each["rows"])} if each.get("rows") else {})}


def _object_problems(name: str, each: Any, shape: Shape) -> Iterator[Problem]:
    where = f"/narrow/{name}"
    if name not in shape:
        yield Problem(where, "unknown-object", f"The port has no {name}.")
        return
    if not isinstance(each, dict) or set(each) - {"columns", "rows"}:
        yield Problem(where, "not-an-object", "Send columns, rows, or both.")
        return
    yield from _column_problems(f"{where}/columns", each.get("columns", []), shape[name])
    rows = each.get("rows", [])
    if not isinstance(rows, list) or len(rows) > MAX_CONDITIONS:
        text = f"Send a list of {MAX_CONDITIONS} conditions at most."
        yield Problem(f"{where}/rows", "not-a-list", text)
        return
    for n, row in enumerate(rows):
        yield from _row_problems(f"{where}/rows/{n}", row, shape[name])


def _column_problems(where: str, given: Any, columns: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(given, list):
        yield Problem(where, "not-a-list", "Send a list of columns.")
        return
    for each in given:
        if not isinstance(each, str) or each not in columns:
            yield Problem(where, "unknown-column", f"There is no column {str(each)[:60]}.")


def _row_problems(where: str, row: Any, columns: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(row, dict) or set(row) - {"column", "operator", "values"}:
        yield Problem(where, "not-an-object", "Send column, operator and values.")
        return
    column, operator, values = row.get("column"), row.get("operator"), row.get("values", [])
    if not isinstance(column, str) or column not in columns:
        text = f"There is no column {str(column)[:60]}."
        yield Problem(f"{where}/column", "unknown-column", text)
        return
    if not isinstance(operator, str) or operator not in WORDS:
        text = f"Choose one of {', '.join(WORDS)}."
        yield Problem(f"{where}/operator", "unknown-operator", text)
        return
    yield from _value_problems(f"{where}/values", operator, values, columns[column])


def _value_problems(where: str, operator: str, values: Any, kind: str) -> Iterator[Problem]:
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        yield Problem(where, "not-a-list", f"Send a list of {MAX_VALUES:,} values at most.")
        return
    if operator in ALONE:
        if values:
            yield Problem(where, "no-values", f"“{WORDS[operator]}” takes no value.")
        return
    if not values or (operator in COMPARED and len(values) > 1):
        many = "one value or more" if operator in LISTED else "one value"
        yield Problem(where, "number-of-values", f"“{WORDS[operator]}” takes {many}.")
        return
    fits = FITS.get(kind or "string")
    if fits is None:
        yield Problem(where, "not-comparable", f"Of a column of type {kind} no value is compared.")
        return
    wrong = next((each for each in values if not _is_value(each) or not fits(each)), None)
    if wrong is not None:
        text = f"“{str(wrong)[:60]}” is no value of a column of type {kind or 'string'}."
        yield Problem(where, "wrong-type", text)


def _is_value(given: Any) -> bool:
    return isinstance(given, str | int | float) and len(str(given)) <= MAX_TEXT


def _is_whole(given: Any) -> bool:
    text = str(given).strip()
    return not isinstance(given, bool | float) and text.lstrip("+-").isdecimal() and len(text) < 19


def _is_number(given: Any) -> bool:
    try:
        return not isinstance(given, bool) and Decimal(str(given).strip()).is_finite()
    except InvalidOperation:
        return False


def _is_truth(given: Any) -> bool:
    return str(given).strip().lower() in {"true", "false"}


def _parses(parse: Callable[[str], object]) -> Callable[[Any], bool]:
    def fits(given: Any) -> bool:
        try:
            parse(str(given).strip())
        except ValueError:
            return False
        return isinstance(given, str)

    return fits


def _is_text(given: Any) -> bool:
    return "\0" not in str(given)


FITS: Mapping[str, Callable[[Any], bool]] = {  # by the logical type of the standard
    "string": _is_text,
    "integer": _is_whole,
    "number": _is_number,
    "boolean": _is_truth,
    "date": _parses(dt.date.fromisoformat),
    "timestamp": _parses(dt.datetime.fromisoformat),
    "time": _parses(dt.time.fromisoformat),
}


def _condition_in_words(row: Mapping[str, Any]) -> str:
    values: Sequence[Any] = row.get("values", ())
    said = ", ".join(str(each) for each in values[:5])
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return f"{row['column']} {WORDS[row['operator']]} {said}{more}".rstrip()
