"""Parameters against the blueprint's JSON Schema, in words for people who fill in a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

from core.problems import Problem, to_pointer

MAX_PROBLEMS = 100
_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "string": "text",
}

Kind = jsonschema_rs.ValidationErrorKind
Wording = tuple[str, Callable[[Any, Any], str]]  # code, message of (kind, value)


def check_parameters(schema: Mapping[str, Any], parameters: Any) -> list[Problem]:
    """What breaks the schema; a missing field is told at its own pointer, each pointer once."""
    validator = jsonschema_rs.Draft202012Validator(
        dict(schema),
        offline=True,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )
    found: dict[str, Problem] = {}
    for error in islice(validator.iter_errors(parameters), MAX_PROBLEMS):
        for problem in _described(error, schema):
            found.setdefault(problem.pointer, problem)
    return list(found.values())


def _described(
    error: jsonschema_rs.ValidationError, schema: Mapping[str, Any]
) -> Iterator[Problem]:
    kind, path = error.kind, error.instance_path
    if isinstance(kind, Kind.AdditionalProperties):
        for name in kind.unexpected:
            message = f"There is no parameter `{name}` here; remove it."
            yield Problem(to_pointer([*path, name]), "unknown-parameter", message)
    elif isinstance(kind, Kind.Required):
        yield Problem(to_pointer([*path, kind.property]), "missing", "Fill this in.")
    elif isinstance(kind, Kind.OneOfNotValid | Kind.OneOfMultipleValid):
        names = " or ".join(f"`{each['required'][0]}`" for each in schema["oneOf"])
        yield Problem(to_pointer(path), "one-of", f"Give exactly one of {names}.")
    else:
        code, message = _worded(error, _mend(schema, path))
        yield Problem(to_pointer(path), code, message)


def _worded(error: jsonschema_rs.ValidationError, mend: str) -> tuple[str, str]:
    for kind, (code, describe) in _WORDS:
        if isinstance(error.kind, kind):
            if code == "wrong-form" and mend:
                return code, mend
            return code, describe(error.kind, error.instance)
    return "wrong-form", mend or "This does not have the form that is asked for."


def _mend(schema: Mapping[str, Any], path: list[str | int]) -> str:
    """The blueprint author's own words for a value of the wrong form."""
    node: Mapping[str, Any] = schema
    for step in path:
        node = node.get("items", {}) if isinstance(step, int) else node["properties"].get(step, {})
    return str(node.get("x-ui", {}).get("mend", ""))


_WORDS: tuple[tuple[Any, Wording], ...] = (
    (Kind.Type, ("wrong-type", lambda kind, _: f"Must be {_type_words(kind.types)}.")),
    (Kind.Enum, ("not-in-list", lambda kind, _: f"Choose one of: {_listed(kind.options)}.")),
    (
        Kind.MaxLength,
        (
            "too-long",
            lambda kind, value: f"At most {kind.limit:,} characters; these are {len(value):,}.",
        ),
    ),
    (Kind.MinLength, ("too-short", lambda kind, _: f"At least {kind.limit} characters.")),
    (Kind.Pattern, ("wrong-form", lambda kind, _: f"Must match {kind.pattern}")),
    (Kind.Format, ("wrong-form", lambda kind, _: f"Must be a {kind.format} like 2027-01-31.")),
    (Kind.Minimum, ("out-of-range", lambda kind, _: f"{kind.limit:,} or more.")),
    (Kind.Maximum, ("out-of-range", lambda kind, _: f"{kind.limit:,} or less.")),
    (Kind.MinItems, ("too-few", lambda kind, _: f"Add at least {kind.limit}.")),
    (Kind.MaxItems, ("too-many", lambda kind, _: f"At most {kind.limit:,}.")),
)


def _type_words(types: Any) -> str:
    return " or ".join(_TYPES.get(name, name) for name in types)


def _listed(options: Any) -> str:
    return ", ".join(str(option) for option in options if option != "")
