"""What an API description offers, whatever its standard; plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.problems import Problem, shown

MAX_OPERATIONS = 2_000  # of one description; the rest is counted as a warning
LONGEST_NAME, LONGEST_SUMMARY = 300, 300


@dataclass(frozen=True)
class Operation:
    """One thing that a caller can do: `GET /orders`, `SEND order.placed`."""

    verb: str
    name: str
    summary: str = ""

    def as_dict(self) -> dict[str, str]:
        return {"verb": self.verb, "name": self.name, "summary": self.summary}


@dataclass(frozen=True)
class ApiDescription:
    """A description as far as the catalogue shows it; with an error in `problems` it is refused."""

    title: str = ""
    version: str = ""
    description: str = ""
    operations: tuple[Operation, ...] = ()
    problems: tuple[Problem, ...] = ()


def refused(pointer: str, code: str, message: str) -> ApiDescription:
    return ApiDescription(problems=(Problem(pointer, code, message),))


def described(data: Mapping[str, Any], found: Iterable[Operation]) -> ApiDescription:
    """The description with what its `info` says and the operations, bounded."""
    info = mapping(data.get("info"))
    operations: list[Operation] = []
    problems: tuple[Problem, ...] = ()
    for operation in found:
        if len(operations) == MAX_OPERATIONS:
            message = f"Only the first {MAX_OPERATIONS:,} operations are listed."
            problems = (Problem("", "too-many", message, "warning"),)
            break
        operations.append(operation)
    return ApiDescription(
        title=text(info.get("title"), 200),
        version=text(info.get("version"), 60),
        description=text(info.get("description"), 10_000),
        operations=tuple(operations),
        problems=problems,
    )


def operation(verb: str, name: Any, *summaries: Any) -> Operation:
    """An operation with the first summary that says something."""
    said = next((found for found in (_line(each) for each in summaries) if found), "")
    return Operation(verb, _line(name)[:LONGEST_NAME], said[:LONGEST_SUMMARY])


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping; else an empty one, so that oddities are passed over."""
    return value if isinstance(value, Mapping) else {}


def entries(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of a mapping that are mappings themselves."""
    for name, each in mapping(value).items():
        if isinstance(each, Mapping):
            yield str(name), each


def referred(data: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a local `$ref` names, one step; nothing is ever fetched. Else the node itself."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    return mapping(at_pointer(data, reference))


def at_pointer(data: Mapping[str, Any], reference: str) -> Any:
    """The value at `#/a/b`; None where there is none, or where it lies elsewhere."""
    if not reference.startswith("#/"):
        return None
    found: Any = data
    for token in reference[2:].split("/"):
        found = mapping(found).get(token.replace("~1", "/").replace("~0", "~"))
    return found


def last_token(reference: Any) -> str:
    """`#/channels/orders~1placed` → `orders/placed`."""
    token = str(reference or "").rpartition("/")[2]
    return token.replace("~1", "/").replace("~0", "~")


def text(value: Any, longest: int) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value)[:longest]


def _line(value: Any) -> str:
    said = text(value, 1_000)
    return " ".join(said.split())


def version_text(value: Any) -> str:
    """A version as a message shows it."""
    return shown(value)
