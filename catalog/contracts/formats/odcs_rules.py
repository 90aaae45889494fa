"""Rules of a contract that a JSON Schema cannot say. They hold for every version."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from catalog.contracts.formats.odcs_references import dangling_references
from catalog.contracts.formats.odcs_values import impossible_values
from catalog.contracts.formats.odcs_walk import Place, Walk
from core.descriptors import Node, repeated
from core.documents import unsafe_character
from core.problems import Problem, bounded, shown

_RULE_CONTENT = frozenset(
    [
        "metric",
        "rule",
        "query",
        "implementation",
        "description",
        "name",
        "businessImpact",
        "authoritativeDefinitions",
    ]
)
_IDENTITIES = {  # of a list: what tells its entries apart, besides an id
    "schema": "name",
    "properties": "name",
    "servers": "server",
    "roles": "role",
    "customProperties": "property",
    "enum": "value",
}
_POSITIONS = (  # what marks a column, its place, the words for it
    ("primaryKey", "primaryKeyPosition", "primary key"),
    ("partitioned", "partitionKeyPosition", "partition key"),
)
_MUST_NOT_BE_EMPTY = ("id", "version", "name")


def rule_problems(data: Node) -> list[Problem]:
    """What is wrong with a contract that the schema of its version accepts. No lines yet."""
    walk = Walk(data)
    return bounded(chain.from_iterable(check(walk) for check in _CHECKS))


def _empty_values(walk: Walk) -> Iterator[Problem]:
    for field in _MUST_NOT_BE_EMPTY:
        if isinstance(walk.data.get(field), str) and not walk.data[field].strip():
            yield Problem(f"/{field}", "empty-value", f"Fill in `{field}`; it is empty.")
    for place in walk.places:
        if "name" in place.node and not str(place.node["name"]).strip():
            yield Problem(f"{place.pointer}/name", "empty-value", "Fill in `name`; it is empty.")


def _unsafe_names(walk: Walk) -> Iterator[Problem]:
    named = [(f"/{field}", walk.data.get(field)) for field in _MUST_NOT_BE_EMPTY]
    named += [(f"{place.pointer}/name", place.node.get("name")) for place in walk.places]
    for pointer, name in named:
        unsafe = unsafe_character(str(name or ""))
        if unsafe:
            message = f"Remove the invisible character {unsafe} from the name."
            yield Problem(pointer, "unsafe-name", message)


def _duplicates(walk: Walk) -> Iterator[Problem]:
    for pointer, field, entries in walk.lists:
        yield from repeated(entries, pointer, "id")
        if field in _IDENTITIES:
            yield from repeated(entries, pointer, _IDENTITIES[field])


def _price(walk: Walk) -> Iterator[Problem]:
    price = walk.data.get("price") or {}
    amount = price.get("priceAmount")
    if isinstance(amount, int | float) and amount < 0:
        message = "`priceAmount` must be 0 or more."
        yield Problem("/price/priceAmount", "negative-price", message)
    if amount is not None and not price.get("priceCurrency"):
        message = "Add `priceCurrency`; an amount without a currency says nothing."
        yield Problem("/price", "missing-currency", message)


def _schedules(walk: Walk) -> Iterator[Problem]:
    timed = [
        (f"/slaProperties/{at}", each)
        for at, each in enumerate(walk.data.get("slaProperties") or ())
    ]
    timed += [(pointer, rule) for pointer, _, rule in walk.rules]
    for pointer, node in timed:
        if node.get("scheduler") and not node.get("schedule"):
            message = f"Add `schedule`: when {shown(node['scheduler'])} runs it is missing."
            yield Problem(pointer, "missing-schedule", message)


def _quality(walk: Walk) -> Iterator[Problem]:
    for pointer, _, rule in walk.rules:
        if not _RULE_CONTENT.intersection(rule):
            message = "Say what the rule checks: a `metric`, a `query` or a `description`."
            yield Problem(pointer, "empty-rule", message)
        if isinstance(rule.get("query"), str) and not rule["query"].strip():
            yield Problem(f"{pointer}/query", "empty-value", "Fill in `query`; it is empty.")
        for operator in ("mustBeBetween", "mustNotBeBetween"):
            limits = rule.get(operator)
            if isinstance(limits, list) and len(limits) == 2 and _above(limits[0], limits[1]):
                message = f"`{operator}` must name the smaller number first."
                yield Problem(f"{pointer}/{operator}", "impossible-bounds", message)


def _above(low: Any, high: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (low, high))
    return numbers and low > high


def _key_positions(walk: Walk) -> Iterator[Problem]:
    for place in walk.places:
        if place.path is None:
            for key, position, words in _POSITIONS:
                yield from _positions(place, key, position, words)


def _positions(place: Place, key: str, field: str, words: str) -> Iterator[Problem]:
    first: dict[int, int] = {}
    for at, node in enumerate(place.node.get("properties") or ()):
        position = node.get(field, -1)
        if not node.get(key) or position < 1:
            continue
        if first.setdefault(position, at) != at:
            pointer = f"{place.pointer}/properties/{at}/{field}"
            message = f"Two columns have position {position} in the {words}."
            yield Problem(pointer, "duplicate-position", message, "warning")


_CHECKS: Iterable[Callable[[Walk], Iterable[Problem]]] = (
    _empty_values,
    _unsafe_names,
    _duplicates,
    dangling_references,
    _price,
    _schedules,
    _quality,
    impossible_values,
    _key_positions,
)
