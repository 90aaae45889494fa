"""One field of an answer, or why nothing was done."""

from __future__ import annotations

from typing import Any

from tests.portal.graphql.conftest import Ask

UNKNOWN = "0190c8a5-7c1e-7000-8000-000000000000"
PROBLEMS = "problems { pointer code }"


def field(ask: Ask, query: str, **variables: Any) -> Any:
    """The only root field of the answer."""
    body = ask(query, **variables).json()
    assert "errors" not in body, body
    (found,) = body["data"].values()
    return found


def nodes(found: Any) -> list[Any]:
    """The rows of a connection."""
    return [each["node"] for each in found["edges"]]


def codes(ask: Ask, query: str, **variables: Any) -> list[str]:
    """Codes of the problems of a mutation."""
    return [each["code"] for each in field(ask, query, **variables)["problems"]]


def pointers(ask: Ask, query: str, **variables: Any) -> list[tuple[str, str]]:
    """Where the problems of a mutation are, and which rules they break."""
    problems = field(ask, query, **variables)["problems"]
    return [(each["pointer"], each["code"]) for each in problems]
