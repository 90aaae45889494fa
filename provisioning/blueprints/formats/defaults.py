"""What is filled in for those who ask: constants first, then what is computed from other fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.blueprints.formats.conditions import Schema, applying
from provisioning.blueprints.formats.expressions import computed, fields_of, is_computed
from provisioning.blueprints.formats.ordering import ordered


def with_defaults(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with the defaults of the fields that apply, and without those that do not.

    What the schema does not know stays, so that it is refused.
    """
    properties = schema["properties"]
    constants = {
        name: node["default"]
        for name, node in properties.items()
        if "default" in node and not is_computed(node["default"])
    }
    values = {**constants, **given}
    applies = applying(schema, values)
    values = {k: v for k, v in values.items() if k in applies or k not in properties}
    for name in _computed_in_order(schema):
        if name in applies and name not in values:
            found = computed(properties[name]["default"], values)
            if found:
                values[name] = found
    return values


def computed_fields(schema: Schema) -> dict[str, str]:
    """`{field: its computed default}`."""
    return {
        name: node["default"]
        for name, node in schema["properties"].items()
        if is_computed(node.get("default"))
    }


def _computed_in_order(schema: Schema) -> list[str]:
    """Those that read others come after them."""
    found = computed_fields(schema)
    return ordered({name: fields_of(default) & set(found) for name, default in found.items()})
