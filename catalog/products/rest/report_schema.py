"""OpenAPI of what `POST descriptors` answers."""

from typing import Any

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE = {"type": ["boolean", "null"]}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["pointer", "code", "message", "severity"],
    "properties": {
        "pointer": {**_TEXT, "description": "JSON pointer into the document; empty: the whole"},
        "code": {**_TEXT, "description": "stable name of the rule"},
        "message": {**_TEXT, "description": "what is wrong and how to mend it"},
        "severity": {**_TEXT, "enum": ["error", "warning"]},
        "line": {"type": "integer", "minimum": 1},
    },
}

CHANGE: dict[str, Any] = {
    "type": "object",
    "description": "of a contract's new version also how hard the change hits whom",
    "required": ["field", "from", "to"],
    "properties": {
        "field": _TEXT,
        "from": {},
        "to": {},
        "pointer": _TEXT,
        "code": _TEXT,
        "level": {**_TEXT, "enum": ["breaking", "compatible", "cosmetic"]},
        "direction": _TEXT,
        "message": _TEXT,
    },
}

DOCUMENT: dict[str, Any] = {
    "type": "object",
    "required": ["kind", "id", "version", "valid", "action", "problems", "changes"],
    "properties": {
        "kind": _TEXT,
        "id": _TEXT,
        "version": _TEXT,
        "valid": {"type": "boolean", "description": "by the version of the standard it declares"},
        "action": {**_TEXT, "enum": ["create", "update", "unchanged", "refused"]},
        "problems": {"type": "array", "items": PROBLEM},
        "changes": {"type": "array", "items": CHANGE},
        "declared": {**_MAYBE_TEXT, "description": "version of the standard, as written"},
        "latest": {**_MAYBE_TEXT, "description": "newest version of that standard"},
        "latest_valid": {**_MAYBE, "description": "whether it would be valid under `latest`"},
        "would_be_valid_under": {
            "type": "object",
            "additionalProperties": _MAYBE,
            "description": "the same by version",
        },
    },
}

REPORT: dict[str, Any] = {
    "type": "object",
    "required": ["mode", "valid", "documents"],
    "properties": {
        "mode": {**_TEXT, "enum": ["validate", "plan", "apply"]},
        "valid": {"type": "boolean"},
        "documents": {"type": "array", "items": DOCUMENT},
    },
}
