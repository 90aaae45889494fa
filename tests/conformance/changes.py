"""Documents with one thing changed, in a fixed order."""

import copy
from collections.abc import Iterator
from typing import Any

from core.problems import to_pointer

UNKNOWN = "aFieldOfNobody"
OTHERS: tuple[Any, ...] = (None, "", "text", 7, -1.5, True, [], {}, [1], {"a": 1})

Path = tuple[str | int, ...]


def changed(data: Any) -> Iterator[tuple[str, Any]]:
    """The document without one field, with one of another type, or with an unknown one."""
    for path in paths(data):
        if path and isinstance(path[-1], str):
            yield f"no {to_pointer(path)}", _without(data, path)
        for at, value in enumerate(OTHERS):
            if path:
                yield f"{to_pointer(path)} = {OTHERS[at]}", _with(data, path, value)
        if isinstance(_at(data, path), dict):
            yield f"more in {to_pointer(path)}", _with(data, (*path, UNKNOWN), 1)


def paths(data: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a document, in its order."""
    yield path
    items = data.items() if isinstance(data, dict) else ()
    steps = enumerate(data) if isinstance(data, list) else items
    for step, below in steps:
        yield from paths(below, (*path, step))


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _with(data: Any, path: Path, value: Any) -> Any:
    result, place = _opened(data, path)
    place[path[-1]] = value
    return result


def _without(data: Any, path: Path) -> Any:
    result, place = _opened(data, path)
    del place[path[-1]]
    return result


def _opened(data: Any, path: Path) -> tuple[Any, Any]:
    """A document that shares all with `data` but what is on the path, and the path's last place."""
    result = place = copy.copy(data)
    for step in path[:-1]:
        place[step] = copy.copy(place[step])
        place = place[step]
    return result, place
