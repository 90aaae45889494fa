"""JSON Schema findings in our own words: where, which rule, and the mend."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import jsonschema_rs

from core.documents import Document
from core.problems import MAX_PROBLEMS, Problem, shown, to_pointer

_MAX_CHOICES = 12  # in a message
_FIRST_ENTRIES = 600  # of all lists together, that are judged before the rest
_SHORT_LIST = 10  # entries; the standards ask for two at most

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "empty",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}

Finding = tuple[str, str]  # code, message
Kind = jsonschema_rs.ValidationErrorKind
_DRAFTS = {
    "2019-09": jsonschema_rs.Draft201909Validator,
    "2020-12": jsonschema_rs.Draft202012Validator,
}


class SchemaCheck:
    """One schema, compiled once. Never fetches a remote `$ref`; `author` is who wrote the rules."""

    def __init__(
        self, schema: dict[str, Any], *, draft: str = "2019-09", author: str = "the standard"
    ) -> None:
        self._author = author
        self._validator = _DRAFTS[draft](
            schema, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
        self._known_fields = frozenset(_field_names(schema))

    def accepts(self, data: Any) -> bool:
        return self._validator.is_valid(data)

    def problems(self, document: Document) -> list[Problem]:
        """What the schema refuses, in the order of the document, each once."""
        errors = self._errors(document.data)
        faulty = {tuple(error.instance_path) for error in errors if not _is_unevaluated(error)}
        found: dict[tuple[str, str], Problem] = {}
        told = (problem for error in errors for problem in self._described(error, faulty))
        for problem in islice(told, MAX_PROBLEMS):
            found.setdefault((problem.pointer, problem.message), problem)
        placed = [_with_line(problem, document) for problem in found.values()]
        return sorted(placed, key=lambda problem: problem.line or 0)

    def _errors(self, data: Any) -> list[jsonschema_rs.ValidationError]:
        """The first errors. The validator builds all of them, so a long document begins small."""
        if self.accepts(data):
            return []
        beginning = _beginning(data, [_FIRST_ENTRIES])
        errors = list(islice(self._validator.iter_errors(beginning), MAX_PROBLEMS))
        return errors or list(islice(self._validator.iter_errors(data), MAX_PROBLEMS))

    def _described(
        self, error: jsonschema_rs.ValidationError, faulty: set[tuple[str | int, ...]]
    ) -> Iterator[Problem]:
        kind, path = error.kind, error.instance_path
        if isinstance(kind, Kind.AdditionalProperties | Kind.UnevaluatedProperties):
            for field in kind.unexpected:
                if not (_is_unevaluated(error) and self._follows(path, field, faulty)):
                    message = (
                        f"Remove or rename `{shown(field)}`; {self._author} has no such field here."
                    )
                    yield Problem(to_pointer([*path, field]), "unknown-field", message)
        elif isinstance(kind, Kind.AnyOf | Kind.OneOfNotValid):
            yield from self._nearest(error, kind.context, faulty)
        else:
            code, message = _worded(error)
            yield Problem(to_pointer(path), code, message)

    def _follows(
        self, path: list[str | int], field: str, faulty: set[tuple[str | int, ...]]
    ) -> bool:
        """Whether a known field is only unevaluated because something beside or below it fails."""
        return field in self._known_fields and any(
            tuple(path) == other[: len(path)] for other in faulty
        )

    def _nearest(
        self,
        error: jsonschema_rs.ValidationError,
        choices: list[list[jsonschema_rs.ValidationError]],
        faulty: set[tuple[str | int, ...]],
    ) -> Iterator[Problem]:
        """The findings of the only alternative that has the right type; else one general one."""
        fitting = [
            errors for errors in choices if not any(_is_other_type(e, error) for e in errors)
        ]
        inner = fitting[0] if len(fitting) == 1 else []
        found = [problem for each in inner for problem in self._described(each, faulty)]
        if found:
            yield from found
            return
        message = f"{_subject(error)} fits none of the forms that the standard allows here."
        yield Problem(to_pointer(error.instance_path), "wrong-form", message)


def _beginning(data: Any, left: list[int]) -> Any:
    """The same data without the list entries after the first `left[0]`; short lists stay whole."""
    if isinstance(data, dict):
        return {key: _beginning(value, left) for key, value in data.items()}
    if not isinstance(data, list) or left[0] < _SHORT_LIST:
        return data
    kept = []
    for each in data:
        if left[0] <= 0:
            break
        left[0] -= 1
        kept.append(_beginning(each, left))
    return kept


def _worded(error: jsonschema_rs.ValidationError) -> Finding:
    for kind, describe in _WORDS:
        if isinstance(error.kind, kind):
            return describe(error.kind, _subject(error), error.instance)
    return "wrong-form", f"{_subject(error)} breaks the rule “{error.kind.name}” of the standard."


def _required(kind: Any, _subject: str, _value: Any) -> Finding:
    return "missing-field", f"Add the field `{kind.property}`; it is required here."


def _type(kind: Any, subject: str, value: Any) -> Finding:
    wanted = " or ".join(_TYPES[name] for name in kind.types)
    return "wrong-type", f"{subject} must be {wanted}, not {_type_name(value)}."


def _enum(kind: Any, subject: str, value: Any) -> Finding:
    options = [str(option) for option in kind.options]
    listed = ", ".join(options[:_MAX_CHOICES]) + (", …" if len(options) > _MAX_CHOICES else "")
    near = difflib.get_close_matches(shown(value), options, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return "not-in-list", f"{subject} must be one of: {listed}.{hint}"


def _constant(kind: Any, subject: str, _value: Any) -> Finding:
    return "not-in-list", f"{subject} must be {kind.expected_value}."


def _pattern(kind: Any, subject: str, _value: Any) -> Finding:
    return "wrong-form", f"{subject} must match {kind.pattern}"


def _format(kind: Any, subject: str, _value: Any) -> Finding:
    return "wrong-form", f"{subject} must be a valid {kind.format}."


def _few(kind: Any, subject: str, _value: Any) -> Finding:
    return "too-few", f"{subject} needs at least {kind.limit}."


def _many(kind: Any, subject: str, _value: Any) -> Finding:
    return "too-many", f"{subject} may have {kind.limit} at most."


def _unique(_kind: Any, subject: str, _value: Any) -> Finding:
    return "not-unique", f"{subject} lists the same entry twice; keep one."


def _least(kind: Any, subject: str, _value: Any) -> Finding:
    return "out-of-range", f"{subject} must be {kind.limit} or more."


def _greatest(kind: Any, subject: str, _value: Any) -> Finding:
    return "out-of-range", f"{subject} must be {kind.limit} or less."


def _above(kind: Any, subject: str, _value: Any) -> Finding:
    return "out-of-range", f"{subject} must be more than {kind.limit}."


def _several(_kind: Any, subject: str, value: Any) -> Finding:
    fields = value if isinstance(value, dict) else {}
    operators = [f"`{name}`" for name in fields if name.startswith("must")]
    if operators:
        return "several-operators", f"Keep exactly one operator of {', '.join(operators)}."
    return "wrong-form", f"{subject} mixes alternatives of the standard; keep one."


def _excluded(kind: Any, subject: str, _value: Any) -> Finding:
    fields = kind.schema.get("required") if isinstance(kind.schema, dict) else None
    if fields:
        return "field-not-allowed", f"Remove `{'`, `'.join(fields)}`; it may not stand here."
    return "wrong-form", f"{subject} has a form that the standard excludes here."


_WORDS: tuple[tuple[Any, Callable[[Any, str, Any], Finding]], ...] = (
    (Kind.Required, _required),
    (Kind.Type, _type),
    (Kind.Enum, _enum),
    (Kind.Constant, _constant),
    (Kind.Pattern, _pattern),
    (Kind.Format, _format),
    (Kind.MinItems | Kind.MinLength | Kind.MinProperties, _few),
    (Kind.MaxItems | Kind.MaxLength | Kind.MaxProperties, _many),
    (Kind.UniqueItems, _unique),
    (Kind.Minimum, _least),
    (Kind.Maximum, _greatest),
    (Kind.ExclusiveMinimum, _above),
    (Kind.OneOfMultipleValid, _several),
    (Kind.Not, _excluded),
)


def _subject(error: jsonschema_rs.ValidationError) -> str:
    """The value a message is about, by the name of its field."""
    names = [step for step in error.instance_path if isinstance(step, str)]
    if not names:
        return "The document"
    last = error.instance_path[-1]
    name = shown(names[-1])
    return f"`{name}`" if isinstance(last, str) else f"Entry {last + 1} of `{name}`"


def _type_name(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "string", dict: "object", list: "array", int: "integer"}
    return _TYPES[kinds.get(type(value), "number")]


def _is_unevaluated(error: jsonschema_rs.ValidationError) -> bool:
    return isinstance(error.kind, Kind.UnevaluatedProperties)


def _is_other_type(inner: Any, outer: Any) -> bool:
    """Whether an alternative fails because the value as a whole is of another type."""
    return isinstance(inner.kind, Kind.Type) and inner.instance_path == outer.instance_path


def _with_line(problem: Problem, document: Document) -> Problem:
    line = document.line_of(problem.pointer)
    return Problem(problem.pointer, problem.code, problem.message, problem.severity, line)


def _field_names(schema: Any) -> Iterable[str]:
    if isinstance(schema, dict):
        fields = schema.get("properties")
        if isinstance(fields, dict):
            yield from fields
        for value in schema.values():
            yield from _field_names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _field_names(value)
