"""What a change of parameters changes, in people's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.problems import shown


@dataclass(frozen=True)
class Difference:
    """One parameter, before and after; "" where it is not given."""

    name: str
    label: str
    before: str
    after: str


def essential(value: Any) -> Any:
    """A value without what a form cannot tell from nothing: no tick, no text, no rows."""
    if isinstance(value, Mapping):
        pairs = ((name, essential(inner)) for name, inner in value.items())
        return {name: inner for name, inner in pairs if inner is not None}
    if isinstance(value, list):
        return [essential(each) for each in value] or None
    return None if value is False or value == "" else value


def differences(
    properties: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[Difference]:
    """The parameters that differ, in the order of the form; those it no longer has come last."""
    names = [*properties, *(name for name in before if name not in properties)]
    return [
        Difference(
            name,
            str(properties.get(name, {}).get("title", name)),
            _words(_labelled(properties.get(name, {}), old), new),
            _words(_labelled(properties.get(name, {}), new), old),
        )
        for name in names
        if (old := essential(before.get(name))) != (new := essential(after.get(name)))
    ]


def _labelled(node: Mapping[str, Any], value: Any) -> Any:
    """What the form calls this value, where it has a word for it."""
    if not isinstance(value, str):
        return value
    return node.get("x-ui", {}).get("options", {}).get(value, {}).get("label") or value


def _words(value: Any, other: Any) -> str:
    """A value; of a list only the rows that the other one has not."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes"
    if not isinstance(value, list):
        return shown(value)
    rows = [each for each in value if not isinstance(other, list) or each not in other]
    told = "; ".join(_row(each) for each in rows[:5])
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return f"{told}{more}" or f"{len(value)} row{'' if len(value) == 1 else 's'}"


def _row(value: Any) -> str:
    if not isinstance(value, Mapping):
        return shown(value)
    facts = [name if fact is True else str(fact) for name, fact in value.items() if fact]
    return shown(", ".join(facts))
