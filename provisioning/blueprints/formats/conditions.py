"""Which fields and steps apply: `when: {field: value | [values]}`, all of them must hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]
When = Mapping[str, Any]


def condition(node: Schema) -> When:
    """The condition of a property; empty: it always applies."""
    found: When = node.get("x-ui", {}).get("when", {})
    return found


def applying(schema: Schema, values: Mapping[str, Any]) -> set[str]:
    """The names of the properties that apply; one whose condition names a hidden one is hidden."""
    properties = schema["properties"]
    known: dict[str, bool] = {}

    def applies(name: str) -> bool:
        if name not in known:
            known[name] = False  # a circle hides all that are in it; registration refuses it
            when = condition(properties.get(name, {}))
            known[name] = all(applies(each) for each in when) and holds(when, schema, values)
        return known[name]

    return {name for name in properties if applies(name)}


def holds(when: When, schema: Schema, values: Mapping[str, Any]) -> bool:
    """Whether every named field has (one of) the values; a tick that is not set is false."""
    return all(_same(_value(name, schema, values), wanted) for name, wanted in when.items())


def narrowed(schema: Schema, applies: Iterable[str]) -> Schema:
    """The schema of the fields that apply: the others are neither required nor known."""
    names = set(applies)
    if names == set(schema["properties"]):
        return schema
    return {
        **schema,
        "properties": {name: node for name, node in schema["properties"].items() if name in names},
        "required": [name for name in schema.get("required", ()) if name in names],
    }


def controllers(schema: Schema) -> set[str]:
    """The fields that decide whether others apply."""
    return {name for node in schema["properties"].values() for name in condition(node)}


def _value(name: str, schema: Schema, values: Mapping[str, Any]) -> Any:
    is_tick = schema["properties"].get(name, {}).get("type") == "boolean"
    return values.get(name, False if is_tick else None)


def _same(value: Any, wanted: Any) -> bool:
    options = wanted if isinstance(wanted, list) else [wanted]
    return any(type(value) is type(each) and value == each for each in options)
