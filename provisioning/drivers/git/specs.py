"""The JSON Schema of the driver's spec, and names made from it."""

from __future__ import annotations

from typing import Any, Final

from provisioning.drivers.postgres.naming import safe_name
from provisioning.drivers.protocol import Json, Step

MAX_FILES = 200
MAX_FILE = 256 * 1024  # characters of one file
MAX_SLUG = 40

_TEXT: Final = {"type": ["string", "null"], "maxLength": 10_000}
_FILE_TEXT: Final = {"type": "string", "maxLength": MAX_FILE}
_NAME: Final = {"pattern": "^[a-z][a-z0-9_]{0,62}$"}
_SCALAR: Final = {"type": ["string", "number", "boolean", "null"], "maxLength": 10_000}
_WHEN: Final = {
    "type": "object",
    "propertyNames": _NAME,
    "maxProperties": 10,
    "additionalProperties": {
        "anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "maxItems": 50}]
    },
}
_FILE: Final = {
    "anyOf": [
        _FILE_TEXT,
        {
            "type": "object",
            "required": ["text"],
            "properties": {"text": _FILE_TEXT, "when": _WHEN},
            "additionalProperties": False,
        },
    ]
}


def _paths_to(item: Json) -> dict[str, Any]:
    return {"type": "object", "maxProperties": MAX_FILES, "additionalProperties": item}


ACTIONS: Final[dict[str, Json]] = {
    "repository": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["slug"],
        "properties": {
            "target": {"type": "string"},
            "slug": {"type": "string", "minLength": 1, "maxLength": 500},
            "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
            "title": _TEXT,
            "description": _TEXT,
            "scaffold": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$"},
            "files": _paths_to(_FILE),  # with placeholders
            "documents": _paths_to(_FILE_TEXT),  # as they are
            "values": {
                "type": "object",
                "propertyNames": _NAME,
                "maxProperties": 100,
                "additionalProperties": _SCALAR,
            },
            "descriptors": {"type": "boolean"},  # also what the catalogue says of the product
        },
        "additionalProperties": False,
    }
}


def repository_name(step: Step) -> str:
    """As the spec says; else from the slug, and of its own for each instance."""
    given = step.spec.get("name")
    if given:
        return str(given)
    slug = safe_name(step.spec["slug"], prefix="x").replace("_", "-")
    return f"{slug[:MAX_SLUG].rstrip('-')}-{step.instance_id.hex[-8:]}"
