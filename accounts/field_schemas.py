"""The JSON Schema of a domain's own fields: checked, and shown as a table. Plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from core.descriptors import duplicate_keys
from core.documents import DocumentError, Limits, load_documents
from core.problems import Problem, escape_token, shown

MAX_BYTES = 64 * 1024
DIALECTS = ("https://json-schema.org/draft/2020-12/schema",)
REFERENCES = ("$ref", "$dynamicRef")
KINDS = {
    "array": "list",
    "boolean": "yes or no",
    "integer": "whole number",
    "number": "number",
    "object": "mapping",
    "string": "text",
    "null": "nothing",
}
LIMITS = Limits(document_bytes=MAX_BYTES, document_nodes=5_000)
POINTER = "/field_schema"


@dataclass(frozen=True)
class FieldRow:
    """One extra field, as people read it."""

    name: str
    title: str
    kind: str  # text, whole number, one of …
    required: bool
    description: str


def read_field_schema(text: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The schema that `text` (JSON) holds, None for an empty text; and what is wrong with it.

    Rules: JSON Schema 2020-12 of an object, at most 64 KB, no reference that leaves it.
    """
    if not text.strip():
        return None, []
    try:
        (document,) = load_documents(text, media="json", limits=LIMITS)
    except DocumentError as error:
        return None, [_placed(each) for each in error.problems]
    except ValueError:
        return None, [Problem(POINTER, "too-many-documents", "Give one schema, not a list.")]
    problems = [_placed(each) for each in duplicate_keys(document)]
    problems.extend(_problems(document.data))
    return (None, problems) if problems else (document.data, [])


def field_rows(schema: Any) -> list[FieldRow]:
    """The fields at the top of a schema, required ones first; deeper ones read as a mapping."""
    if not isinstance(schema, Mapping):
        return []
    fields = schema.get("properties")
    required = schema.get("required")
    needed = set(map(str, required)) if isinstance(required, list) else set()
    rows = [
        _row(str(name), field if isinstance(field, Mapping) else {}, str(name) in needed)
        for name, field in (fields.items() if isinstance(fields, Mapping) else ())
    ]
    # the database keeps no order of keys
    return sorted(rows, key=lambda row: (not row.required, row.title.lower()))


def _placed(problem: Problem) -> Problem:
    at = f"Line {problem.line}: " if problem.line else ""
    return Problem(f"{POINTER}{problem.pointer}", problem.code, f"{at}{problem.message}")


def _problems(schema: Any) -> Iterator[Problem]:
    if not isinstance(schema, dict):
        yield Problem(POINTER, "wrong-type", "A schema of fields is a JSON object.")
        return
    if schema.get("$schema", DIALECTS[0]).rstrip("#") not in DIALECTS:
        message = f"Write the schema in JSON Schema 2020-12 ({DIALECTS[0]})."
        yield Problem(f"{POINTER}/$schema", "version-not-supported", message)
        return
    if schema.get("type") != "object":
        message = 'Add `"type": "object"`; the fields stand in `properties`.'
        yield Problem(f"{POINTER}/type", "missing-field", message)
    leaving = list(_leaving(schema, POINTER))
    yield from leaving
    if not leaving:
        yield from _compile_problems(schema)


def _leaving(node: Any, pointer: str) -> Iterator[Problem]:
    """A problem for every reference to another document; nothing is ever fetched."""
    if isinstance(node, list):
        for at, each in enumerate(node):
            yield from _leaving(each, f"{pointer}/{at}")
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        below = f"{pointer}/{escape_token(name)}"
        if name in REFERENCES and isinstance(value, str) and not value.startswith("#"):
            message = f"`{shown(value)}` leads out of the schema; put what it names into `$defs`."
            yield Problem(below, "remote-reference", message)
        yield from _leaving(value, below)


def _compile_problems(schema: dict[str, Any]) -> Iterator[Problem]:
    try:
        jsonschema_rs.Draft202012Validator(
            schema, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
    except jsonschema_rs.ValidationError as error:
        path = "".join(f"/{escape_token(step)}" for step in error.instance_path)
        message = f"This is no JSON Schema: {shown(error.message)}"
        yield Problem(f"{POINTER}{path}", "wrong-form", message)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        yield Problem(POINTER, "wrong-form", f"This is no JSON Schema: {shown(error)}")


def _row(name: str, field: Mapping[str, Any], required: bool) -> FieldRow:
    return FieldRow(
        name=name,
        title=str(field.get("title") or name),
        kind=_kind(field),
        required=required,
        description=str(field.get("description") or ""),
    )


def _kind(field: Mapping[str, Any]) -> str:
    choices = field.get("enum")
    if isinstance(choices, list) and choices:
        more = ", …" if len(choices) > 8 else ""
        return f"one of {', '.join(map(shown, choices[:8]))}{more}"
    if "const" in field:
        return f"always {shown(field['const'])}"
    types = field.get("type")
    named = types if isinstance(types, list) else [types]
    words = " or ".join(KINDS.get(str(each), "anything") for each in named)
    items = field.get("items")
    if words == "list" and isinstance(items, Mapping) and items:
        words = f"list of {_kind(items)}"
    form = field.get("format")
    return f"{words} ({shown(form)})" if form else words
