"""What the OpenAPI document says of errors, once for all operations."""

from __future__ import annotations

from typing import Any

PROBLEM_MEDIA = "application/problem+json"
TEXT = {"type": "string"}
PLACE = {
    "type": "object",
    "required": ["pointer", "code", "message", "severity"],
    "properties": {
        "pointer": {**TEXT, "description": "JSON pointer into what was sent; empty: the whole"},
        "code": {**TEXT, "description": "stable name of the rule"},
        "message": {**TEXT, "description": "what is wrong and how to mend it"},
        "severity": {**TEXT, "enum": ["error", "warning"]},
        "line": {"type": "integer", "minimum": 1},
    },
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457; some types carry more",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {**TEXT, "description": "stable, e.g. /problems/not-found"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "problems": {"type": "array", "items": PLACE},
    },
}
REFERENCE = {"$ref": "#/components/schemas/Problem"}
METHODS = frozenset({"get", "put", "post", "patch", "delete"})


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: errors are problem documents, also those that no view names."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path in result["paths"].values():
        for operation in (path[method] for method in METHODS & path.keys()):
            responses = operation["responses"]
            for status in [each for each in responses if each.startswith("4")]:
                responses[status] = _problem(responses[status].get("description", ""))
            responses["default"] = _problem("Any other error")
    return result


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_MEDIA: {"schema": REFERENCE}}}
