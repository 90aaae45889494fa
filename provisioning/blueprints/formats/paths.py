"""Paths in steps: they stay below the folder that a driver works in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAMES = frozenset({"path", "folder", "template", "scaffold", "prefix"})
ENDINGS = ("_path", "_folder")
FILES = "files"  # a mapping of paths to contents, or a list of paths


def is_outside(path: str) -> bool:
    """Whether a path could leave its folder: absolute, with `..`, a drive or a backslash."""
    parts = path.split("/")
    return path.startswith(("/", "~")) or ".." in parts or any(c in path for c in "\\\0:")


def paths_outside(
    value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """`(place, path)` of every path in a step's spec that leaves its folder."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _of_member(key, inner, (*path, key))
            yield from paths_outside(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths_outside(inner, (*path, index))


def _of_member(
    key: str, inner: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(inner, str) and (key in NAMES or key.endswith(ENDINGS)):
        found = [(path, inner)]
    elif key == FILES and isinstance(inner, Mapping):
        found = [((*path, name), name) for name in inner]
    elif key == FILES and isinstance(inner, list):
        found = [((*path, at), name) for at, name in enumerate(inner) if isinstance(name, str)]
    else:
        found = []
    yield from (each for each in found if is_outside(each[1].replace("${", "").replace("}", "")))
