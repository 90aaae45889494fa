"""The same request as a document and as calls, for people who would rather write a script."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from core.documents import dump_yaml

Parameters = Mapping[str, Any]
Body = Mapping[str, Any]  # of `POST requests`


def as_yaml(
    blueprint: str, number: int, parameters: Parameters, purpose: str, *, instance: str = ""
) -> str:
    """The request as a document; `instance`: what is to be changed."""
    return dump_yaml(
        {
            "apiVersion": "meshport/v1",
            "kind": "Request",
            "blueprint": f"{blueprint}@{number}",
            **({"instance": instance} if instance else {}),
            "purpose": purpose,
            "parameters": dict(parameters),
        }
    )


def as_curl(body: Body, url: str) -> str:
    """The request as a call of curl; `$TOKEN` is the reader's own."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return " \\\n  ".join(
        [
            f"curl -X POST {shlex.quote(url)}",
            '-H "Authorization: Bearer $TOKEN"',
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(text)}",
        ]
    )


def as_graphql(body: Body) -> str:
    """The request for something new as a mutation and its variables."""
    mutation = (
        "mutation Submit($blueprint: String!, $parameters: JSON!, $purpose: String) {\n"
        "  submitRequest(blueprint: $blueprint, parameters: $parameters, purpose: $purpose) {\n"
        "    request { id state }\n    problems { pointer message }\n  }\n}"
    )
    return f"{mutation}\n\n{json.dumps(body, indent=2, ensure_ascii=False)}"
