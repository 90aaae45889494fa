"""Whether an answer of REST is what the committed description says."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text())
OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    (method, re.sub(r"\{\w+\}", "{}", path)): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def operation_of(method: str, pattern: str) -> dict[str, Any]:
    """What is said of a route, given as Django's pattern of it."""
    return OPERATIONS[method, "/" + re.sub(r"<[^>]+>", "{}", pattern)]


def faults(operation: dict[str, Any], answer: Any) -> Iterator[str]:
    """What of an answer is not as described."""
    responses = operation["responses"]
    content = (responses.get(str(answer.status_code)) or responses["default"]).get("content")
    if content is None:
        if answer.content:
            yield "a body where none is described"
        return
    media = answer["Content-Type"].partition(";")[0]
    if media not in content:
        yield f"media type {media} instead of {', '.join(content)}"
    elif media.endswith("json"):
        schema = json.dumps(content[media].get("schema", {}))
        for error in _validator(schema).iter_errors(json.loads(answer.content)):
            yield f"{'/'.join(map(str, error.instance_path))}: {error.message[:160]}"


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
