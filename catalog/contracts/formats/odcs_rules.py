"""Rules of a contract that a JSON Schema cannot say. They hold for every version."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from catalog.contracts.formats.odcs_references import dangling_references
from catalog.contracts.formats.odcs_walk import mappings, objects, places, rules
from core.descriptors import Node, repeated
from core.documents import unsafe_character
from core.problems import Problem

_BOUNDS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
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
_MUST_NOT_BE_EMPTY = ("id", "version", "name")
_UNREAD = frozenset({"customProperties", "implementation", "arguments", "value", "examples"})


def rule_problems(data: Node) -> list[Problem]:
    """What is wrong with a contract that the schema of its version accepts. No lines yet."""
    return [problem for check in _CHECKS for problem in check(data)]


def _empty_values(data: Node) -> Iterator[Problem]:
    for field in _MUST_NOT_BE_EMPTY:
        if isinstance(data.get(field), str) and not data[field].strip():
            yield Problem(f"/{field}", "empty-value", f"Fill in `{field}`; it is empty.")
    for place in places(data):
        if not str(place.node.get("name", "")).strip():
            yield Problem(f"{place.pointer}/name", "empty-value", "Fill in `name`; it is empty.")


def _unsafe_names(data: Node) -> Iterator[Problem]:
    named = [(f"/{field}", data.get(field)) for field in _MUST_NOT_BE_EMPTY]
    named += [(f"{place.pointer}/name", place.node.get("name")) for place in places(data)]
    for pointer, name in named:
        unsafe = unsafe_character(str(name or ""))
        if unsafe:
            message = f"Remove the invisible character {unsafe} from the name."
            yield Problem(pointer, "unsafe-name", message)


def _duplicate_names(data: Node) -> Iterator[Problem]:
    yield from repeated(data.get("schema"), "/schema", "name")
    yield from repeated(data.get("servers"), "/servers", "server")
    yield from repeated(data.get("roles"), "/roles", "role")
    for pointer, node in _read_mappings(data):
        yield from repeated(node.get("properties"), f"{pointer}/properties", "name")
        yield from repeated(node.get("customProperties"), f"{pointer}/customProperties", "property")
        yield from repeated(node.get("enum"), f"{pointer}/enum", "value")


def _duplicate_ids(data: Node) -> Iterator[Problem]:
    for pointer, node in _read_mappings(data):
        for field, value in node.items():
            yield from repeated(value, f"{pointer}/{field}", "id")


def _read_mappings(data: Node) -> Iterator[tuple[str, Node]]:
    """Mappings whose meaning is the standard's, not a customer's own."""
    for pointer, node in mappings(data):
        if not _UNREAD.intersection(pointer.split("/")):
            yield pointer, node


def _price(data: Node) -> Iterator[Problem]:
    price = data.get("price") or {}
    amount = price.get("priceAmount")
    if isinstance(amount, int | float) and amount < 0:
        message = "`priceAmount` must be 0 or more."
        yield Problem("/price/priceAmount", "negative-price", message)
    if amount is not None and not price.get("priceCurrency"):
        message = "Add `priceCurrency`; an amount without a currency says nothing."
        yield Problem("/price", "missing-currency", message)


def _schedules(data: Node) -> Iterator[Problem]:
    timed = [
        (f"/slaProperties/{at}", each) for at, each in enumerate(data.get("slaProperties") or ())
    ]
    timed += [(pointer, rule) for pointer, _, rule in rules(data)]
    for pointer, node in timed:
        if node.get("scheduler") and not node.get("schedule"):
            message = f"Add `schedule`: when {node['scheduler']} runs it is missing."
            yield Problem(pointer, "missing-schedule", message)


def _quality(data: Node) -> Iterator[Problem]:
    for pointer, _, rule in rules(data):
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


def _bounds(data: Node) -> Iterator[Problem]:
    for place in places(data):
        options = place.node.get("logicalTypeOptions") or {}
        for low, high in _BOUNDS:
            if _above(options.get(low), options.get(high)):
                pointer = f"{place.pointer}/logicalTypeOptions/{low}"
                message = f"`{low}` is greater than `{high}`; no value can keep both."
                yield Problem(pointer, "impossible-bounds", message)


def _above(low: Any, high: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (low, high))
    return numbers and low > high


def _key_positions(data: Node) -> Iterator[Problem]:
    for place in objects(data):
        first: dict[int, int] = {}
        for at, node in enumerate(place.node.get("properties") or ()):
            position = node.get("primaryKeyPosition", -1)
            if not node.get("primaryKey") or position < 1:
                continue
            if first.setdefault(position, at) != at:
                pointer = f"{place.pointer}/properties/{at}/primaryKeyPosition"
                message = f"Two columns have position {position} in the primary key."
                yield Problem(pointer, "duplicate-position", message, "warning")


_CHECKS: Iterable[Callable[[Node], Iterable[Problem]]] = (
    _empty_values,
    _unsafe_names,
    _duplicate_names,
    _duplicate_ids,
    dangling_references,
    _price,
    _schedules,
    _quality,
    _bounds,
    _key_positions,
)
