"""JSON Schemas of our own, written as field lists.

A field is `name`, `name!` (required), with `:kind` when it is no text: `flag`, `number`, `whole`
(number), `filled` (text that is not empty), `mapping`, `any`, `a|b` for either, a definition, or
`*` before a kind for a list.
"""

from collections.abc import Mapping
from typing import Any

Definitions = dict[str, dict[str, str]]  # definition: {field with its "!": kind}

_PLAIN: Mapping[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "filled": {"type": "string", "minLength": 1},
    "flag": {"type": "boolean"},
    "number": {"type": "number"},
    "whole": {"type": "integer"},
    "mapping": {"type": "object"},
    "any": {},
}


def read_fields(lists: Mapping[str, str]) -> Definitions:
    """The fields of each definition with their kinds."""
    return {
        name: {field: kind or "text" for field, _, kind in (f.partition(":") for f in text.split())}
        for name, text in lists.items()
    }


def definition(fields: Mapping[str, str], *, is_open: bool = False) -> dict[str, Any]:
    """The JSON Schema of one mapping.

    Args:
        is_open: whether it may have other fields too.
    """
    result: dict[str, Any] = {
        "type": "object",
        "properties": {name.rstrip("!"): kind_schema(kind) for name, kind in fields.items()},
    }
    if not is_open:
        result["additionalProperties"] = False
    required = [name.rstrip("!") for name in fields if name.endswith("!")]
    return {**result, "required": required} if required else result


def kind_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind."""
    if kind.startswith("*"):
        return {"type": "array", "items": kind_schema(kind[1:])}
    if "|" in kind:
        return {"anyOf": [kind_schema(each) for each in kind.split("|")]}
    return dict(_PLAIN[kind]) if kind in _PLAIN else {"$ref": f"#/$defs/{kind}"}
