"""What the columns of a contract promise without a rule: filled in, unique, within their bounds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from catalog.contracts.formats.odcs import ContractDoc, Property, SchemaObject
from catalog.quality.rules.phrases import demand_of
from catalog.quality.rules.restrictions import arguments_of, by_kind
from catalog.quality.rules.stated import DIMENSIONS
from catalog.quality.rules.wanted import Wanted
from catalog.quality.states import Origin

OLDER_WORDS: Mapping[str, str] = {  # in documents of 2.2
    "required": "isNullable",
    "unique": "isUnique",
    "primaryKey": "isPrimaryKey",
}
WHERE: Mapping[str, str] = {"values": "enum"}  # of a kind: where in the property it stands


def implied(doc: ContractDoc, rules: Collection[Wanted]) -> Iterator[Wanted]:
    """Checks of what no rule of the contract states already. Nested fields promise nothing here."""
    known = {fact for rule in rules for fact in _facts(rule)}
    for described in doc.objects:
        for each in (*_empty(described), *_twins(described), *_invalid(described)):
            if not known.issuperset(_facts(each)):
                yield each


def _empty(described: SchemaObject) -> Iterator[Wanted]:
    for each in described.properties:
        if each.required or each.primary_key:
            word = "required" if each.required else "primaryKey"
            yield _wanted(described, (each.name,), "nullValues", _at(each, word))


def _twins(described: SchemaObject) -> Iterator[Wanted]:
    """Of the primary key, whose columns count together, and of what is unique on its own."""
    key = key_columns(described)
    for each in described.properties:
        if each.unique and key != (each.name,):
            yield _wanted(described, (each.name,), "duplicateValues", _at(each, "unique"))
    if key:
        first = next(each for each in described.properties if each.name == key[0])
        yield _wanted(described, key, "duplicateValues", _at(first, "primaryKey"))


def key_columns(described: SchemaObject) -> tuple[str, ...]:
    """The primary key in its order; columns without a position come last, as they stand."""
    keys = [each for each in described.properties if each.primary_key]
    keys.sort(key=lambda each: (each.primary_key_position < 0, each.primary_key_position))
    return tuple(each.name for each in keys)


def _invalid(described: SchemaObject) -> Iterator[Wanted]:
    for each in described.properties:
        for kind, arguments in by_kind(arguments_of(each)).items():
            where = WHERE.get(kind) or f"logicalTypeOptions/{next(iter(arguments))}"
            yield _wanted(
                described, (each.name,), "invalidValues", _at(each, where), kind, arguments
            )


def _wanted(
    described: SchemaObject,
    columns: tuple[str, ...],
    metric: str,
    pointer: str,
    kind: str = "",
    arguments: Mapping[str, Any] | None = None,
) -> Wanted:
    given = arguments or {}
    return Wanted(
        pointer=pointer,
        origin=Origin.IMPLIED,
        object=described.name,
        columns=columns,
        type="library",
        metric=metric,
        kind=kind,
        arguments=given,
        operator="mustBe",
        threshold=0,
        demand=demand_of(metric, described.name, columns, given, "mustBe", 0, "rows"),
        dimension=DIMENSIONS[metric],
    )


def _at(each: Property, word: str) -> str:
    if not each.pointer.startswith("/schema"):
        word = OLDER_WORDS.get(word, word)
    return f"{each.pointer}/{word}"


def _facts(rule: Wanted) -> set[tuple[object, ...]]:
    """What a rule says, so that nothing is said twice."""
    metric = rule.metric
    about = (rule.object, frozenset(rule.columns))
    if metric == "missingValues":
        listed = rule.arguments.get("missingValues")
        return {(*about, "nullValues")} if listed is None or None in listed else set()
    if metric == "invalidValues":
        return {(*about, metric, kind) for kind in by_kind(rule.arguments)}
    return {(*about, metric)} if metric in ("nullValues", "duplicateValues") else set()
