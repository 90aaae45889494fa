"""The same request as a document and as calls, for people who would rather write a script."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from core.documents import dump_yaml

Parameters = Mapping[str, Any]


def as_yaml(blueprint: str, number: int, parameters: Parameters, purpose: str) -> str:
    """The request as a document."""
    return dump_yaml(
        {
            "apiVersion": "meshport/v1",
            "kind": "Request",
            "blueprint": f"{blueprint}@{number}",
            "purpose": purpose,
            "parameters": dict(parameters),
        }
    )


def as_curl(blueprint: str, parameters: Parameters, purpose: str, url: str) -> str:
    """The request as a call of curl; `$TOKEN` is the reader's own."""
    body = json.dumps(_body(blueprint, parameters, purpose), indent=2, ensure_ascii=False)
    return " \\\n  ".join(
        [
            f"curl -X POST {shlex.quote(url)}",
            '-H "Authorization: Bearer $TOKEN"',
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(body)}",
        ]
    )


def as_graphql(blueprint: str, parameters: Parameters, purpose: str) -> str:
    """The request as a mutation and its variables."""
    mutation = (
        "mutation Submit($blueprint: String!, $parameters: JSON!, $purpose: String) {\n"
        "  submitRequest(blueprint: $blueprint, parameters: $parameters, purpose: $purpose) {\n"
        "    request { id state }\n    problems { pointer message }\n  }\n}"
    )
    variables = json.dumps(_body(blueprint, parameters, purpose), indent=2, ensure_ascii=False)
    return f"{mutation}\n\n{variables}"


def _body(blueprint: str, parameters: Parameters, purpose: str) -> dict[str, Any]:
    return {"blueprint": blueprint, "parameters": dict(parameters), "purpose": purpose}
