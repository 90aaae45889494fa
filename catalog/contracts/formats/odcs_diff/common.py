"""Rules for fields that many parts of a contract have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from catalog.contracts.formats.odcs_diff.changes import (
    BREAKS_BOTH,
    BREAKS_CONSUMER,
    BREAKS_PRODUCER,
    COSMETIC,
    NOTE_BOTH,
    Change,
    Entries,
    Rule,
    Rules,
    Spot,
    Weight,
    by,
    compare_fields,
    told,
    whole,
)
from catalog.contracts.formats.odcs_diff.limits import How

OTHER = told(NOTE_BOTH, "other-changed", "{path}: `{field}` changed from {old} to {new}.")
WORDS = told(COSMETIC, "description-changed", "{path}: `{field}` reads differently.")


def moved(spot: Spot, how: How, old: Any, new: Any, what: str) -> Iterator[Change]:
    """A limit on the data: who relied on it is hit by less of it, who keeps it by more."""
    if how == "wider":
        message = f"{{path}}: {what} lets more through, {{old}} became {{new}}."
        yield spot.change(BREAKS_CONSUMER, "limit-loosened", old, new, message)
    elif how == "narrower":
        message = f"{{path}}: {what} lets less through, {{old}} became {{new}}."
        yield spot.change(BREAKS_PRODUCER, "limit-tightened", old, new, message)
    elif how == "changed":
        message = f"{{path}}: {what} allows other values, {{old}} became {{new}}."
        yield spot.change(BREAKS_BOTH, "limit-changed", old, new, message)


def nested(path: str, rules: Rules, default: Rule) -> Rule:
    """A mapping that may be absent; `path` is for people, "" keeps that of what holds it."""

    def rule(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        place = replace(spot, path=path or spot.path)
        if isinstance(old or {}, dict) and isinstance(new or {}, dict):
            yield from compare_fields(place, old or {}, new or {}, rules, default)
        else:
            yield from default(place, old, new)

    return rule


def named(
    noun: str,
    *keys: str,
    added: Weight = COSMETIC,
    removed: Weight = COSMETIC,
    rules: Rules | None = None,
    default: Rule = WORDS,
) -> Rule:
    """A list of entries that are known by `keys`, or by their `id`."""

    def path(parent: str, entry: Any) -> str:
        name = entry.get(keys[0]) if isinstance(entry, dict) else None
        return f"{parent} · {name or noun}".strip(" ·")

    def inside(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        return compare_fields(spot, old, new, {**COMMON, **(rules or {})}, default)

    return Entries(
        noun=noun,
        keys=(whole, by("id"), by(*keys)),
        path=path,
        added=lambda _: added,
        removed=lambda _: removed,
        inside=inside,
    ).rule


def _words_or_more(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    yield from told(COSMETIC, "tags-changed", "{path}: {field} changed from {old} to {new}.")(
        spot, old, new
    )


COMMON: Rules = {
    "id": told(COSMETIC, "id-changed", "{path}: the stable id changed from {old} to {new}."),
    "description": WORDS,
    "businessName": WORDS,
    "tags": _words_or_more,
    "examples": WORDS,
}
_EXTRA: Rules = {
    "customProperties": named("custom property", "property"),
    "authoritativeDefinitions": named("definition", "url"),
    "synonyms": named("synonym", "synonym"),
}
COMMON = {**COMMON, **_EXTRA}
