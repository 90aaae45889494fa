"""Walks over a contract that its schema accepts: objects, properties, rules, with pointers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.descriptors import Node
from core.problems import escape_token


@dataclass(frozen=True)
class Place:
    """A schema object, a property at any depth, or the element of a list or map."""

    pointer: str
    node: Node
    object_name: str
    path: str | None  # dotted names below the object; None for the object itself

    @property
    def name(self) -> str:
        return self.object_name if self.path is None else f"{self.object_name}.{self.path}"


def objects(data: Node) -> Iterator[Place]:
    for at, node in enumerate(data.get("schema") or ()):
        yield Place(f"/schema/{at}", node, str(node.get("name", "")), None)


def places(data: Node) -> Iterator[Place]:
    """Every schema object, each followed by its properties, depth first."""
    for place in objects(data):
        yield place
        yield from properties(place)


def properties(place: Place) -> Iterator[Place]:
    """What lies below: properties, and the elements of lists and maps with their properties.

    An element has the path of its list or map; its own name, if any, adds nothing.
    """
    for at, node in enumerate(place.node.get("properties") or ()):
        below = _below(place, f"/properties/{at}", node)
        yield below
        yield from properties(below)
    for step, node in _elements(place.node):
        element = Place(place.pointer + step, node, place.object_name, place.path)
        yield element
        yield from properties(element)


def _elements(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node.get("items"), Mapping):
        yield "/items", node["items"]
    pairs = node.get("map")
    if isinstance(pairs, Mapping):
        for side in ("key", "value"):
            if isinstance(pairs.get(side), Mapping):
                yield f"/map/{side}", pairs[side]


def _below(place: Place, step: str, node: Node) -> Place:
    name = str(node.get("name", ""))
    path = name if place.path is None else f"{place.path}.{name}"
    return Place(place.pointer + step, node, place.object_name, path)


def rules(found: Iterable[Place]) -> Iterator[tuple[str, Place, Node]]:
    """Every quality rule of these places with its pointer and the place it is about."""
    for place in found:
        for at, rule in enumerate(place.node.get("quality") or ()):
            yield f"{place.pointer}/quality/{at}", place, rule


@dataclass(frozen=True)
class Walk:
    """One contract, walked once for every check of its rules."""

    data: Node

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return tuple(places(self.data))

    @cached_property
    def rules(self) -> tuple[tuple[str, Place, Node], ...]:
        return tuple(rules(self.places))

    @cached_property
    def lists(self) -> tuple[tuple[str, str, list[Any]], ...]:
        """Every list the standard gives a meaning: its pointer, its field, its entries."""
        return tuple(_lists(self.data, ""))


# Below these a customer says what he likes.
_UNREAD = frozenset({"customProperties", "implementation", "arguments", "value", "examples"})


def _lists(node: Any, pointer: str) -> Iterator[tuple[str, str, list[Any]]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            below = f"{pointer}/{escape_token(key)}"
            if isinstance(value, list) and value:
                yield below, key, value
            if isinstance(value, Mapping | list) and key not in _UNREAD:
                yield from _lists(value, below)
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from _lists(value, f"{pointer}/{at}")
