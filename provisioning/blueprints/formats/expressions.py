"""Computed defaults: `${…}` with field names, texts, `slug`, `snake`, `lower`, `join`; no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.products.names import slugified

MAX_DEPTH = 8  # calls inside calls
_PART = re.compile(r"\$\{([^}]*)\}")
_TOKEN = re.compile(r"\s*(?:(?P<name>[a-z][a-z0-9_]*)|'(?P<text>[^']*)'|(?P<mark>[(),]))")
_ARGUMENTS = {"slug": (1, 1), "snake": (1, 1), "lower": (1, 1), "join": (2, 9)}  # least, most


class BadExpression(ValueError):
    """The text between `${` and `}` is none of the language; the message says what is."""


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]


Expression = Field | Text | Call


def is_computed(default: object) -> bool:
    """Whether a default is worked out from other fields."""
    return isinstance(default, str) and "${" in default


def fields_of(default: str) -> set[str]:
    """The names of the fields that a computed default reads.

    Raises:
        BadExpression: see there.
    """
    parts = _PART.findall(default)
    if len(parts) != default.count("${"):
        raise BadExpression("A `${` is not closed by `}`.")
    return {name for part in parts for name in _names(parsed(part))}


def computed(default: str, values: Mapping[str, Any]) -> str:
    """The default for these values; a field without a value is an empty text."""
    return _PART.sub(lambda found: _evaluated(parsed(found[1]), values), default)


def parsed(text: str) -> Expression:
    """One expression.

    Raises:
        BadExpression: see there.
    """
    tokens = _tokens(text)
    expression, rest = _expression(tokens, 0)
    if rest:
        raise BadExpression(f"`{text}` goes on after its end.")
    return expression


def _tokens(text: str) -> list[re.Match[str]]:
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise BadExpression(
                f"`{text}` is not understood; write a field's name, 'a text', slug(), snake(),"
                " lower() or join()."
            )
        found.append(token)
        at = token.end()
    return found


def _expression(tokens: list[re.Match[str]], depth: int) -> tuple[Expression, list[re.Match[str]]]:
    if not tokens or tokens[0]["mark"]:
        raise BadExpression("A field's name, a text or a function is missing.")
    if depth > MAX_DEPTH:
        raise BadExpression(f"At most {MAX_DEPTH} functions inside each other.")
    first, rest = tokens[0], tokens[1:]
    if first["text"] is not None:
        return Text(first["text"]), rest
    if rest and rest[0]["mark"] == "(":
        return _call(first["name"], rest[1:], depth)
    return Field(first["name"]), rest


def _call(
    name: str, tokens: list[re.Match[str]], depth: int
) -> tuple[Expression, list[re.Match[str]]]:
    if name not in _ARGUMENTS:
        raise BadExpression(f"There is no function `{name}`; there are {', '.join(_ARGUMENTS)}.")
    arguments: list[Expression] = []
    mark: str | None = ","
    while mark == ",":
        argument, tokens = _expression(tokens, depth + 1)
        arguments.append(argument)
        mark = tokens[0]["mark"] if tokens else None
        tokens = tokens[1:]
    if mark != ")":
        raise BadExpression(f"`{name}(` is not closed.")
    least, most = _ARGUMENTS[name]
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise BadExpression(f"`{name}` takes {wanted} values; these are {len(arguments)}.")
    return Call(name, tuple(arguments)), tokens


def _names(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Field):
        yield expression.name
    elif isinstance(expression, Call):
        for each in expression.arguments:
            yield from _names(each)


def _evaluated(expression: Expression, values: Mapping[str, Any]) -> str:
    if isinstance(expression, Text):
        return expression.value
    if isinstance(expression, Field):
        return _text(values.get(expression.name))
    given = [_evaluated(each, values) for each in expression.arguments]
    if expression.function == "slug":
        return slugified(given[0])
    if expression.function == "snake":
        return slugified(given[0]).replace("-", "_")
    if expression.function == "lower":
        return given[0].lower()
    return given[0].join(each for each in given[1:] if each)


def _text(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
