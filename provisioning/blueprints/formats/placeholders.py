"""`${name}` in a blueprint's steps: values put in by name, never a language (SECURITY §1.14)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.problems import to_pointer

FILES = "files"  # of a spec: the placeholders in these texts are the driver's own
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def placeholders(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, str]]:
    """`(pointer, name)` of every placeholder in the texts of `value`."""
    if isinstance(value, str):
        for found in _PLACEHOLDER.finditer(value):
            yield to_pointer(path), found[1]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from placeholders(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from placeholders(inner, (*path, index))


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """`value` with its placeholders replaced.

    A text that is one placeholder becomes the value itself, of whatever type; a member of a
    mapping whose value is None is left out. What is put in is never read for placeholders again.
    """
    if isinstance(value, str):
        return _filled_text(value, values)
    if isinstance(value, Mapping):
        pairs = ((key, filled(inner, values)) for key, inner in value.items())
        return {key: inner for key, inner in pairs if inner is not None}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    return value


def filled_spec(spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of a step with its placeholders replaced, but for those of files."""
    own = {name: inner for name, inner in spec.items() if name == FILES}
    rest = {name: inner for name, inner in spec.items() if name != FILES}
    return {**filled(rest, values), **own}


def _filled_text(text: str, values: Mapping[str, Any]) -> Any:
    whole = _PLACEHOLDER.fullmatch(text)
    if whole:
        return values[whole[1]]
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), text)
