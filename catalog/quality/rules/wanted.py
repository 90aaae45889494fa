"""A check that a contract asks for, before any port is looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

LONGEST_KEY = 500
LONGEST_NAME = 300
LONGEST_DEMAND = 500


@dataclass(frozen=True)
class Wanted:
    """What a contract demands of the rows of one object, in the words of `measure`.

    Attributes:
        pointer: where the document says so.
        identity: the `id` that the author gave the rule; "" where there is none.
        columns: names of properties; () for the object as a whole.
        operator, threshold: "" and None where nothing is compared.
        unit: rows, percent, or seconds (of an age).
        trouble: why the portal cannot run it; "" when it can.
        schedule: as the contract writes it.
    """

    pointer: str
    origin: str
    object: str
    columns: tuple[str, ...]
    type: str  # library, sql, custom
    demand: str
    dimension: str
    metric: str = ""
    kind: str = ""  # which of the arguments' facts it is about: values, pattern, range ...
    arguments: Mapping[str, Any] = field(default_factory=dict)
    operator: str = ""
    threshold: float | list[float] | None = None
    unit: str = "rows"
    query: str = ""
    engine: str = ""
    implementation: Any = None
    identity: str = ""
    name: str = ""
    weight: float = 1.0
    schedule: str = ""
    trouble: str = ""
    key: str = ""

    @property
    def subject(self) -> str:
        """`orders.email`; columns of one rule are joined by a comma."""
        return f"{self.object}.{','.join(self.columns)}" if self.columns else self.object

    def definition(self) -> dict[str, Any]:
        """What is stored to run it."""
        found: dict[str, Any] = {
            "object": self.object,
            "property": self.columns[0] if len(self.columns) == 1 else "",
            "columns": list(self.columns),
            "type": self.type,
            "metric": self.metric,
            "operator": self.operator,
            "threshold": self.threshold,
            "unit": self.unit,
            "arguments": dict(self.arguments),
            "query": self.query,
        }
        if self.type == "custom":
            found |= {"engine": self.engine, "implementation": self.implementation}
        return found


def keyed(found: Iterable[Wanted]) -> Iterator[Wanted]:
    """Each with a key that the same rule has in every version of its contract.

    Rules of one content are told apart by their names, then by their order.
    """
    taken: set[str] = set()
    for each in found:
        key = _content(each)
        if key in taken and each.name:
            key = _cut(f"{key}:{digest(each.name)}")
        first, number = key, 2
        while key in taken:
            key, number = _cut(f"{first}#{number}"), number + 1
        taken.add(key)
        yield replace(each, key=key)


def key_of(metric: str, subject: str, kind: str = "") -> str:
    """The key of a library rule; limits and names are no part of it, so history outlives them."""
    return _cut(":".join(filter(None, (metric, subject, kind))))


def digest(value: Any) -> str:
    """Twelve hex digits of whatever JSON can hold."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.sha256(text).hexdigest()[:12]


def _content(each: Wanted) -> str:
    if each.identity:
        return _cut(f"id:{each.subject}:{each.identity}")
    if each.type == "library":
        return key_of(each.metric or "unknown", each.subject, each.kind)
    what = each.query or each.implementation
    return key_of(each.type, each.subject, digest(each.name or what))


def _cut(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 13]}:{digest(key)}"
