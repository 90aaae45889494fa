"""Between what a form posts (texts) and typed parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.grids import Posted, plain, posted_rows
from provisioning.blueprints.formats.conditions import applying, condition
from provisioning.blueprints.formats.expressions import is_computed

CHOICE = "choice"  # the form field that says which of the `oneOf` parameters is given
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?")

Raw = dict[str, Any]  # text by parameter; a grid is a list of {column: text}
Schema = Mapping[str, Any]


def raw_values(schema: Schema, posted: Posted) -> Raw:
    """Every field of the schema as it was typed; nothing is dropped, nothing judged."""
    raw: Raw = {}
    for name, node in schema["properties"].items():
        raw[name] = (
            posted_rows(name, node["items"]["properties"], posted)
            if node["type"] == "array"
            else plain(posted.get(name) or "")
        )
    if schema.get("oneOf"):
        raw[CHOICE] = chosen(schema, {CHOICE: posted.get(CHOICE) or ""})
    return raw


def first_values(schema: Schema) -> Raw:
    """An empty form with the defaults filled in."""
    raw: Raw = {name: _raw_default(node) for name, node in schema["properties"].items()}
    if schema.get("oneOf"):
        raw[CHOICE] = choices(schema)[0]
    return raw


def raw_of(schema: Schema, parameters: Mapping[str, Any]) -> Raw:
    """The form that would post these parameters."""
    raw = first_values(schema)
    for name, value in parameters.items():
        raw[name] = [_row_texts(row) for row in value] if isinstance(value, list) else _text(value)
    given = [name for name in choices(schema) if name in parameters]
    return {**raw, **({CHOICE: given[0]} if given else {})}


def typed(schema: Schema, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that `raw` means; empty fields and what does not apply are left out."""
    values = _all_typed(schema, raw)
    shown = _drawn(schema, raw, values)
    return {name: value for name, value in values.items() if name in shown}


def drawn(schema: Schema, raw: Mapping[str, Any]) -> set[str]:
    """The names of the fields that the form shows for what was typed so far."""
    return _drawn(schema, raw, _all_typed(schema, raw))


def conditional(schema: Schema) -> set[str]:
    """The names of the fields that the form does not always show."""
    return {
        *(name for name, node in schema["properties"].items() if condition(node)),
        *choices(schema),
    }


def _all_typed(schema: Schema, raw: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: _typed(node, raw.get(name, "")) for name, node in schema["properties"].items()}
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _drawn(schema: Schema, raw: Mapping[str, Any], values: Mapping[str, Any]) -> set[str]:
    unchosen = set(choices(schema)) - {chosen(schema, raw)} if schema.get("oneOf") else set()
    return applying(schema, values) - unchosen


def choices(schema: Schema) -> list[str]:
    """The parameters of which exactly one is given."""
    return [each["required"][0] for each in schema.get("oneOf", [])]


def chosen(schema: Schema, raw: Mapping[str, Any]) -> str:
    """Which of them the form is set to; the first one unless it says another."""
    known = choices(schema)
    return str(raw[CHOICE]) if raw.get(CHOICE) in known else known[0]


def with_row(schema: Schema, raw: Raw, name: str) -> Raw:
    """`raw` with one more, empty row in the grid `name`."""
    if name not in schema["properties"] or not isinstance(raw.get(name), list):
        return raw
    return {**raw, name: [*raw[name], _raw_row(schema["properties"][name]["items"])]}


def without_row(raw: Raw, row: str) -> Raw:
    """`raw` without the row `<grid>-<number>`."""
    name, _, number = row.rpartition("-")
    rows = raw.get(name)
    if not isinstance(rows, list) or not number.isdigit():
        return raw
    return {**raw, name: [each for at, each in enumerate(rows) if at != int(number)]}


def without_blank_rows(schema: Schema, raw: Raw) -> Raw:
    """`raw` without rows into which nothing was typed."""
    return {
        name: [row for row in value if row != _raw_row(schema["properties"][name]["items"])]
        if isinstance(value, list)
        else value
        for name, value in raw.items()
    }


def _typed(node: Schema, value: Any) -> Any:
    kind = node["type"]
    if kind == "array":
        properties = node["items"]["properties"]
        return [_typed_row(properties, row) for row in value or ()]
    if kind == "boolean":
        return value == "true" or None
    if kind == "integer" and _INTEGER.fullmatch(value):
        return int(value)
    if kind == "number" and _NUMBER.fullmatch(value):
        return float(value)
    return value


def _typed_row(properties: Schema, row: Mapping[str, str]) -> dict[str, Any]:
    values = {column: _typed(node, row.get(column, "")) for column, node in properties.items()}
    return {column: value for column, value in values.items() if value not in ("", None)}


def _raw_default(node: Schema) -> Any:
    if node["type"] == "array":
        return [_raw_row(node["items"])]
    default = node.get("default", "")
    return "" if is_computed(default) else _text(default)


def _raw_row(item: Schema) -> dict[str, str]:
    return {column: _text(node.get("default", "")) for column, node in item["properties"].items()}


def _row_texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {column: _text(value) for column, value in row.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value)
