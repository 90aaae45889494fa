"""Which column comes from which: the facets columnLineage (1-0-0 to 1-2-0) and lineage (1-0-0)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from catalog.lineage.formats.names import MAX_LINKS, Name, Warnings, field_in, is_plain, name_in

MAX_WHOLE = 200  # columns of a dataset up to which "the whole dataset depends on it" is written out
LONGEST_TRANSFORMATION = 80

Json = Mapping[str, Any]


class ColumnLink(NamedTuple):
    """The column `target` of the dataset at hand is made from a column of another one."""

    source: Name
    field: str
    target: str
    transformation: str = ""
    masking: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a facet tells of one dataset: its sources, and its columns' sources."""

    sources: tuple[Name, ...] = ()
    links: tuple[ColumnLink, ...] = ()
    jobs: tuple[Name, ...] = ()  # that write it, told by `lineage` only


def column_lineage(facet: Any, known: tuple[str, ...], at: str, warnings: Warnings) -> Told:
    """Read columnLineage of an output; `known` are the columns of its schema facet."""
    if not isinstance(facet, dict):
        return Told()
    fields = facet.get("fields")
    links: list[ColumnLink] = []
    for target, entry in fields.items() if isinstance(fields, dict) else ():
        place = f"{at}/fields"
        if not isinstance(entry, dict) or field_in(target, place, warnings) is None:
            continue
        old = _old_transformation(entry)
        links += _links(entry.get("inputFields"), target, old, f"{place}/{target}", warnings)
    whole = list(_links(facet.get("dataset"), "", ("INDIRECT", False), f"{at}/dataset", warnings))
    targets = known or tuple(fields if isinstance(fields, dict) else ())
    links += islice(_written_out(whole, targets, at, warnings), MAX_LINKS + 1)
    sources = dict.fromkeys(link.source for link in [*links, *whole])
    return Told(tuple(sources), _bounded(links, at, warnings))


def explicit_lineage(facet: Any, known: tuple[str, ...], at: str, warnings: Warnings) -> Told:
    """Read lineage of a dataset, or an entry of a job's with the type DATASET."""
    if not isinstance(facet, dict):
        return Told()
    sources: dict[Name, None] = {}
    jobs: dict[Name, None] = {}
    links: list[ColumnLink] = []
    whole: list[ColumnLink] = []
    for place, target, entry in _inputs(facet, at):
        if entry.get("type") == "JOB" and "name" not in entry:
            continue  # the event's own job
        name = name_in(entry, place, warnings)
        if name is None:
            continue
        if entry.get("type") == "JOB":
            jobs[name] = None
            continue
        sources[name] = None
        if entry.get("field") is None:
            continue
        (whole if target is None else links).extend(
            _links([entry], target or "", ("", False), place, warnings)
        )
    targets = known or tuple(dict.fromkeys(link.target for link in links))
    links += islice(_written_out(whole, targets, at, warnings), MAX_LINKS + 1)
    return Told(tuple(sources), _bounded(links, at, warnings), tuple(jobs))


def _inputs(facet: Json, at: str) -> Iterator[tuple[str, str | None, Json]]:
    """`(pointer, target column or None, input)` of a lineage facet."""
    fields = facet.get("fields")
    lists: list[tuple[str, str | None, Any]] = [(f"{at}/inputs", None, facet.get("inputs"))]
    for target, entry in fields.items() if isinstance(fields, dict) else ():
        inputs = entry.get("inputs") if isinstance(entry, dict) else None
        lists.append((f"{at}/fields/{target}/inputs", target, inputs))
    for place, target, entries in lists:
        for n, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                yield f"{place}/{n}", target, entry


def _links(
    entries: Any, target: str, default: tuple[str, bool], at: str, warnings: Warnings
) -> Iterator[ColumnLink]:
    for n, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = name_in(entry, at, warnings, n)
        if name is None:
            continue
        field = entry.get("field")
        if not (isinstance(field, str) and is_plain(field)):
            field = field_in(field, f"{at}/{n}", warnings)
        if field is not None:
            how, masking = _transformation(entry.get("transformations")) or default
            yield ColumnLink(name, field, target, how, masking)


def _transformation(entries: Any) -> tuple[str, bool] | None:
    """The strongest of the transformations: what is direct shows more than what is indirect."""
    if not isinstance(entries, list):
        return None
    found = [
        (_word(entry.get("type")), _word(entry.get("subtype")), entry.get("masking") is True)
        for entry in entries
        if isinstance(entry, dict)
    ]
    if not found:
        return None
    strongest = found[0]
    if len(found) > 1:
        strongest = min(found, key=lambda each: (each[0] != "DIRECT", each[2]))
    kind, subtype, masking = strongest
    how = f"{kind}/{subtype}" if kind and subtype else kind or subtype
    return how[:LONGEST_TRANSFORMATION], masking


def _old_transformation(entry: Json) -> tuple[str, bool]:
    """`transformationType` of versions before 1-1-0: IDENTITY or MASKED, of the whole field."""
    kind = _word(entry.get("transformationType"))
    if not kind:
        return "", False
    return f"DIRECT/{kind}"[:LONGEST_TRANSFORMATION], kind == "MASKED"


def _word(value: Any) -> str:
    return _clean(value[:40]) if isinstance(value, str) else ""


@lru_cache(maxsize=512)
def _clean(text: str) -> str:
    return "".join(each for each in text.upper() if each.isalnum() or each in "_-")


def _written_out(
    whole: list[ColumnLink], targets: tuple[str, ...], at: str, warnings: Warnings
) -> Iterator[ColumnLink]:
    """What the whole dataset depends on, as links to each of its columns that are known."""
    if whole and len(targets) > MAX_WHOLE:
        warnings.add(
            f"{at}: columns on which all {len(targets)} columns depend are kept"
            f" for datasets of up to {MAX_WHOLE} columns"
        )
        return
    for link in whole:
        how = link.transformation or "INDIRECT"
        for target in targets:
            yield ColumnLink(link.source, link.field, target, how, link.masking)


def _bounded(links: list[ColumnLink], at: str, warnings: Warnings) -> tuple[ColumnLink, ...]:
    """So many as the event may still tell."""
    kept = links[: warnings.links_left]
    warnings.links_left -= len(kept)
    if len(kept) < len(links):
        warnings.add(f"{at}: an event tells {MAX_LINKS:,} pairs of columns at most")
    return tuple(kept)
