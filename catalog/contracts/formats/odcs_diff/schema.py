"""Changes of schema objects and their properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalog.contracts.formats.odcs_diff import limits
from catalog.contracts.formats.odcs_diff.changes import (
    BREAKS_BOTH,
    BREAKS_CONSUMER,
    BREAKS_PRODUCER,
    COMPATIBLE,
    COSMETIC,
    NOTE_BOTH,
    NOTE_CONSUMER,
    NOTE_PRODUCER,
    Change,
    Entries,
    Rule,
    Rules,
    Spot,
    Weight,
    by,
    compare_fields,
    literal,
    plain,
    told,
    whole,
)
from catalog.contracts.formats.odcs_diff.common import COMMON, OTHER, WORDS, moved, named, nested
from catalog.contracts.formats.odcs_diff.quality import quality

CLASSES = {"public": 0, "internal": 1, "confidential": 2, "restricted": 3}
LIKE_TABLES = frozenset({"table", "view", "materialized view", "materialised view"})
NUMBER_FORMATS = {"integer": "i32", "number": "f32"}  # where no format is given


def flag(gained: tuple[Weight, str, str], lost: tuple[Weight, str, str]) -> Rule:
    """A yes or no; absent is no."""

    def rule(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        if bool(old) != bool(new):
            weight, code, message = gained if new else lost
            yield spot.change(weight, code, old, new, message)

    return rule


def renamed(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    message = "`{old}` is called `{new}` now ({path})."
    yield spot.change(BREAKS_CONSUMER, "renamed", old, new, message)


def _type_moved(spot: Spot, how: limits.How, old: Any, new: Any) -> Iterator[Change]:
    if how == "wider":
        message = "{path}: the type grew from {old} to {new}; older values still fit."
        yield spot.change(NOTE_CONSUMER, "type-widened", old, new, message)
    elif how == "narrower":
        message = "{path}: the type shrank from {old} to {new}; values may be cut."
        yield spot.change(BREAKS_BOTH, "type-narrowed", old, new, message)
    elif how == "changed":
        message = "{path}: the type changed from {old} to {new}."
        yield spot.change(BREAKS_BOTH, "type-changed", old, new, message)


def _logical_type(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    if old is None:
        yield spot.change(COMPATIBLE, "type-added", old, new, "{path}: the type is given, {new}.")
    elif new is None:
        message = "{path}: the type is no longer given; it was {old}."
        yield spot.change(BREAKS_CONSUMER, "type-removed", old, new, message)
    else:
        yield from _type_moved(spot, limits.logical_type(str(old), str(new)), old, new)


def _physical_type(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    if old is None or new is None:
        message = "{path}: the physical type was {old} and is {new}."
        yield spot.change(COMPATIBLE, "physical-type-changed", old, new, message)
    else:
        yield from _type_moved(spot, limits.physical_type(str(old), str(new)), old, new)


def _classification(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    ranks = [CLASSES.get(str(each or "internal").lower()) for each in (old, new)]
    before, after = ranks
    message = "{path}: the classification changed from {old} to {new}"
    if before is None or after is None:
        yield spot.change(NOTE_BOTH, "classification-changed", old, new, f"{message}.")
    elif after > before:
        text = f"{message}; people may lose access."
        yield spot.change(BREAKS_CONSUMER, "classification-raised", old, new, text)
    else:
        code = "classification-lowered" if after < before else "classification-changed"
        yield spot.change(NOTE_PRODUCER, code, old, new, f"{message}.")


def _options(kind: str) -> Rule:
    """`logicalTypeOptions` of a logical type."""

    def number_format(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        usual = NUMBER_FORMATS.get(kind, "")
        how = limits.number_format(str(old or usual), str(new or usual))
        yield from _type_moved(spot, how, old, new)

    is_number = kind in NUMBER_FORMATS
    rules = {**OPTIONS, "format": number_format if is_number else _either("the format")}
    return nested("", rules, OTHER)


def _limit(what: str, *, upper: bool) -> Rule:
    def rule(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        yield from moved(spot, limits.bound(old, new, upper=upper), old, new, what)

    return rule


def _either(what: str) -> Rule:
    """Something that values keep to: its coming is stricter, its going is looser."""

    def rule(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        how: limits.How = "narrower" if old is None else "wider" if new is None else "changed"
        yield from moved(spot, how, old, new, what)

    return rule


def _multiple(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    yield from moved(spot, limits.multiple(old, new), old, new, "the step of values")


def _digits(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    yield from _type_moved(spot, limits.bound(old, new, upper=True), old, new)


def _named_fields(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    """`required` of an object: the names of fields that are always there."""
    before, after = ({*map(str, each or ())} for each in (old, new))
    how = limits.compared(before <= after, after <= before)
    yield from moved(spot, how, old, new, "the list of required fields")


def _enum_entry(entry: Any) -> Any:
    return entry.get("value") if isinstance(entry, dict) else entry


def _enum(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    """Allowed values: a new one surprises readers, a lost one stops writers."""
    if not old or not new:
        how: limits.How = "narrower" if not old else "wider"
        yield from moved(spot, how, old, new, "the list of allowed values")
    elif all(isinstance(each, dict) for each in (*old, *new)):
        yield from ENUM.rule(spot, old, new)
    else:
        before, after = ({str(each) for each in side} for side in (old, new))
        how = limits.compared(after <= before, before <= after)
        yield from moved(spot, how, old, new, "the list of allowed values")


ENUM = Entries(
    noun="allowed value",
    keys=(whole, by("value")),
    path=lambda parent, entry: f"{parent} · {_enum_entry(entry)}".strip(" ·"),
    added=lambda _: BREAKS_CONSUMER,
    removed=lambda _: BREAKS_PRODUCER,
    inside=lambda spot, old, new: compare_fields(spot, old, new, COMMON, WORDS),
)
OPTIONS: Rules = {
    "maxLength": _limit("the greatest length", upper=True),
    "minLength": _limit("the smallest length", upper=False),
    "maximum": _limit("the greatest value", upper=True),
    "minimum": _limit("the smallest value", upper=False),
    "exclusiveMaximum": _limit("the limit above", upper=True),
    "exclusiveMinimum": _limit("the limit below", upper=False),
    "maxItems": _limit("the greatest number of entries", upper=True),
    "minItems": _limit("the smallest number of entries", upper=False),
    "maxProperties": _limit("the greatest number of fields", upper=True),
    "minProperties": _limit("the smallest number of fields", upper=False),
    "uniqueItems": flag(
        (BREAKS_PRODUCER, "unique-added", "{path}: entries must differ from each other."),
        (BREAKS_CONSUMER, "unique-dropped", "{path}: entries may repeat."),
    ),
    "multipleOf": _multiple,
    "pattern": _either("the pattern"),
    "precision": _digits,
    "scale": _digits,
    "required": _named_fields,
    "enum": _enum,
    "dimensions": told(BREAKS_BOTH, "type-changed", "{path}: {old} dimensions became {new}."),
    "timezone": told(BREAKS_BOTH, "type-changed", "{path}: the time zone is handled differently."),
    "defaultTimezone": told(
        BREAKS_BOTH, "type-changed", "{path}: the time zone changed from {old} to {new}."
    ),
}
RELATIONSHIPS = named(
    "relationship", "to", added=NOTE_PRODUCER, removed=NOTE_CONSUMER, default=OTHER
)
SHARED: Rules = {**COMMON, "name": renamed, "relationships": RELATIONSHIPS, "quality": quality}
PROPERTY: Rules = {
    **SHARED,
    "logicalType": _logical_type,
    "physicalType": _physical_type,
    "classification": _classification,
    "enum": _enum,
    "required": flag(
        (BREAKS_PRODUCER, "required-added", "{path} must always be filled in now."),
        (BREAKS_CONSUMER, "required-dropped", "{path} may be empty now."),
    ),
    "unique": flag(
        (BREAKS_PRODUCER, "unique-added", "{path} must not repeat now."),
        (BREAKS_CONSUMER, "unique-dropped", "{path} may repeat now."),
    ),
    "primaryKey": flag(
        (BREAKS_PRODUCER, "primary-key-added", "{path} is part of the key now."),
        (BREAKS_CONSUMER, "primary-key-dropped", "{path} is no longer part of the key."),
    ),
    "primaryKeyPosition": told(
        NOTE_CONSUMER, "key-order-changed", "{path}: its place in the key changed."
    ),
    "partitioned": flag(
        (NOTE_CONSUMER, "partitioning-changed", "{path}: the data is partitioned by it now."),
        (NOTE_CONSUMER, "partitioning-changed", "{path}: queries that filter by it may be slower."),
    ),
    "partitionKeyPosition": told(
        NOTE_CONSUMER, "partitioning-changed", "{path}: its place in the partition changed."
    ),
    "deprecated": flag(
        (NOTE_CONSUMER, "deprecated", "{path} is deprecated; stop using it."),
        (COMPATIBLE, "undeprecated", "{path} is no longer deprecated."),
    ),
    "transformLogic": told(
        NOTE_CONSUMER, "transform-changed", "{path} is computed differently; check its meaning."
    ),
    "transformSourceObjects": told(
        NOTE_CONSUMER, "transform-changed", "{path} is made from other sources."
    ),
    "transformDescription": WORDS,
    "criticalDataElement": told(
        NOTE_BOTH, "criticality-changed", "{path}: critical was {old} and is {new}."
    ),
    "semanticType": told(NOTE_CONSUMER, "meaning-changed", "{path} was a {old} and is a {new}."),
    "encryptedName": told(
        BREAKS_CONSUMER, "encrypted-name-changed", "{path}: the encrypted column was {old}."
    ),
}


def property_pair(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    """One property that stands in both documents, with what lies below it."""
    kind = str(new.get("logicalType") or old.get("logicalType") or "")
    rules = {
        **PROPERTY,
        "logicalTypeOptions": _options(kind),
        "physicalName": _physical_name(old, new),
        "properties": PROPERTIES.rule,
        "items": _element("[]"),
        "map": _map,
    }
    yield from compare_fields(spot, old, new, rules, OTHER)


def _physical_name(old: Any, new: Any) -> Rule:
    def rule(spot: Spot, before: Any, after: Any) -> Iterator[Change]:
        first, second = before or old.get("name"), after or new.get("name")
        if first != second:
            names = [literal(plain(each)) for each in (first, second)]
            message = f"{{path}}: in the data `{names[0]}` is called `{names[1]}` now."
            yield spot.change(BREAKS_CONSUMER, "physical-name-changed", before, after, message)

    return rule


def _element(suffix: str) -> Rule:
    """The entries of a list, or one side of a map: a property without a name of its own."""

    def rule(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        place = replace(spot, path=spot.path + suffix)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from property_pair(place, old, new)
        elif old is None:
            message = "{path}: what it holds is described now."
            yield place.change(COMPATIBLE, "element-added", old, new, message)
        else:
            message = "{path}: what it holds is no longer described as before."
            yield place.change(BREAKS_CONSUMER, "element-removed", old, new, message)

    return rule


def _map(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        rules = {"key": _element("{key}"), "value": _element("{value}")}
        yield from compare_fields(spot, old, new, rules, OTHER)
    else:
        yield from _element("{}")(spot, old, new)


def _below(parent: str, entry: Any) -> str:
    return f"{parent}.{entry.get('name', '')}".strip(".")


def _in_data(entry: Any) -> Any:
    return entry.get("physicalName") or entry.get("name")


def _property_added(entry: Any) -> Weight:
    must_fill = entry.get("required") is True or entry.get("primaryKey") is True
    return BREAKS_PRODUCER if must_fill else COMPATIBLE


PROPERTIES = Entries(
    noun="column",
    keys=(by("id"), by("name"), _in_data),
    path=_below,
    added=_property_added,
    removed=lambda _: BREAKS_CONSUMER,
    inside=property_pair,
    order=NOTE_CONSUMER,  # readers by position
)


def _object_type(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    if {str(old).lower(), str(new).lower()} <= LIKE_TABLES or old is None or new is None:
        message = "{path} was a {old} and is a {new}."
        yield spot.change(NOTE_CONSUMER, "physical-type-changed", old, new, message)
    elif str(old).lower() != str(new).lower():
        message = "{path} was a {old} and is a {new}; it is read differently."
        yield spot.change(BREAKS_CONSUMER, "type-changed", old, new, message)


def _object_pair(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    rules = {
        **SHARED,
        "logicalType": told(BREAKS_BOTH, "type-changed", "{path}: {old} became {new}."),
        "physicalType": _object_type,
        "physicalName": _physical_name(old, new),
        "properties": _with_key(old),
        "dataGranularityDescription": told(
            NOTE_CONSUMER, "grain-changed", "{path}: what one row stands for reads differently."
        ),
        "context": WORDS,
    }
    yield from compare_fields(spot, old, new, rules, OTHER)


def _with_key(old: Any) -> Rule:
    """A key that grows changes what one row stands for: readers join on the old one."""
    had_key = any(each.get("primaryKey") is True for each in old.get("properties") or ())

    def rule(spot: Spot, before: Any, after: Any) -> Iterator[Change]:
        for change in PROPERTIES.rule(spot, before, after):
            joins = change.code == "primary-key-added" or (
                change.code == "column-added" and change.after.get("primaryKey") is True
            )
            yield replace(change, direction="both") if joins and had_key else change

    return rule


OBJECTS = Entries(
    noun="object",
    keys=(by("id"), by("name"), _in_data),
    path=_below,
    added=lambda _: COMPATIBLE,
    removed=lambda _: BREAKS_CONSUMER,
    inside=_object_pair,
    order=COSMETIC,
)
