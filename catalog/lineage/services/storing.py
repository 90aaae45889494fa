"""Facts to rows: datasets, jobs, columns and edges, a handful of statements for any number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.lineage.data import ColumnEdgeKey, DatasetFacts, Facts
from catalog.lineage.formats.names import Name
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.services import rows
from catalog.lineage.services.product_edges import derive_from_edges
from core import prepared

CHUNK = 20_000  # edges in one statement

Edge = tuple[int, int, int | None]  # source, target, job


@dataclass(slots=True)
class Known:
    """A dataset that is stored; its name may be another than the one that was asked for."""

    id: int
    name: Name
    port_id: UUID | None
    dropped_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Places:
    """The rows behind the names in facts."""

    datasets: dict[Name, Known]
    jobs: dict[Name, int]
    team_id: int | None  # who tells of them


def place(facts: Facts, *, team_id: int | None) -> Places:
    """Find or make the datasets and the jobs."""
    datasets = place_datasets(facts.datasets, team_id=team_id)
    return Places(datasets, _place_jobs(facts.jobs, team_id=team_id), team_id)


def place_datasets(told: Mapping[Name, DatasetFacts], *, team_id: int | None) -> dict[Name, Known]:
    """Find or make datasets; new ones belong to the ports that offer them."""
    names = {key_of(*name): name for name in told}
    new = {key: _new_dataset(name, told[name], team_id) for key, name in names.items()}
    found: dict[Name, Known] = {}
    stale, changed = [], {}

    def question(keys: Iterable[UUID]) -> str:
        return rows.recordset({"key": key, "fields": told[names[key]].fields} for key in keys)

    for key, pk, namespace, name, port_id, dropped_at, is_stale, is_other in rows.find_or_add(
        rows.FIND_DATASETS, rows.ADD_DATASETS, new, question
    ):
        found[names[key]] = Known(pk, Name(namespace, name), port_id, dropped_at)
        stale += [pk] * is_stale
        if is_other:
            changed[pk] = told[names[key]].fields
    if changed:
        schemas = ({"id": pk, "fields": fields} for pk, fields in changed.items())
        prepared.ask(rows.SET_FIELDS, rows.recordset(schemas))
    rows.see("lineage_dataset", stale)
    return found


def _new_dataset(name: Name, facts: DatasetFacts, team_id: int | None) -> dict[str, Any]:
    node_id = f"dataset:{name.namespace}:{name.name}"
    return {
        "namespace": name.namespace,
        "name": name.name,
        "node_id": node_id,
        "key": key_of(*name),
        "node_key": node_key_of(node_id),
        "fields": list(facts.fields or ()),
        "posted_by_id": team_id,
    }


def _place_jobs(names: Iterable[Name], *, team_id: int | None) -> dict[Name, int]:
    keys = {key_of(*name): name for name in names}
    new = {
        key: {
            "namespace": name.namespace,
            "name": name.name,
            "key": key,
            "node_key": node_key_of(f"job:{name.namespace}:{name.name}"),
            "posted_by_id": team_id,
        }
        for key, name in keys.items()
    }
    if not keys:
        return {}
    found = rows.find_or_add(rows.FIND_JOBS, rows.ADD_JOBS, new)
    rows.see("lineage_job", [pk for _, pk, is_stale in found if is_stale])
    return {keys[key]: pk for key, pk, _ in found}


def write_uses(facts: Facts, places: Places) -> None:
    """Who reads and writes what."""
    uses = {
        (places.jobs[job], places.datasets[dataset].id, side) for job, dataset, side in facts.uses
    }
    keys = ("job_id", "dataset_id", "side")
    if uses:
        prepared.ask(rows.USE, rows.recordset(dict(zip(keys, use, strict=True)) for use in uses))


def write_edges(facts: Facts, places: Places, *, gone: frozenset[int] = frozenset()) -> None:
    """The edges of facts, and what follows for products; none to or from datasets in `gone`."""
    named = {
        (
            places.datasets[edge.source].id,
            places.datasets[edge.target].id,
            None if edge.job is None else places.jobs[edge.job],
        )
        for edge in facts.edges
    }
    pairs = [
        pair
        for pair in named | facts.pairs
        if pair[0] != pair[1] and not (gone and {pair[0], pair[1]} & gone)
    ]
    changed: list[int] = []
    keys = ("source_id", "target_id", "job_id")
    for unique, part in _parts(pairs):
        text = rows.recordset(dict(zip(keys, pair, strict=True)) for pair in part)
        sql = rows.JOIN_DATASETS.format(key=unique)
        changed += [pk for (pk,) in prepared.ask(sql, facts.origin, places.team_id, text)]
    _write_links(facts, places, gone)
    derive_from_edges(changed)


def _write_links(facts: Facts, places: Places, gone: frozenset[int]) -> None:
    columns = _place_columns(facts.links, places.datasets)
    found: dict[Edge, tuple[str, bool]] = {}
    for link, how in facts.links.items():
        source, target = places.datasets[link.source], places.datasets[link.target]
        ends = columns[source.id, link.source_field], columns[target.id, link.target_field]
        if ends[0] != ends[1] and not {source.id, target.id} & gone:
            found[*ends, None if link.job is None else places.jobs[link.job]] = how
    facts.column_pairs.update(found)
    keys = ("source_id", "target_id", "job_id", "transformation", "masking")
    for unique, part in _parts(found):
        text = rows.recordset(dict(zip(keys, (*pair, *found[pair]), strict=True)) for pair in part)
        sql = rows.JOIN_COLUMNS.format(key=unique)
        prepared.ask(sql, facts.origin, places.team_id, text)


def _place_columns(
    links: Iterable[ColumnEdgeKey], datasets: Mapping[Name, Known]
) -> dict[tuple[int, str], int]:
    wanted: dict[tuple[int, str], Known] = {}
    for link in links:
        for name, field in ((link.source, link.source_field), (link.target, link.target_field)):
            wanted[datasets[name].id, field] = datasets[name]
    keys = {key_of(*known.name, field): (pk, field) for (pk, field), known in wanted.items()}
    if not keys:
        return {}
    new = {key: _new_column(key, place, wanted[place]) for key, place in keys.items()}
    found = rows.find_or_add(rows.FIND_COLUMNS, rows.ADD_COLUMNS, new)
    rows.see("lineage_column", [pk for _, pk, is_stale in found if is_stale])
    return {keys[key]: pk for key, pk, _ in found}


def _new_column(key: UUID, place: tuple[int, str], dataset: Known) -> dict[str, Any]:
    pk, field = place
    return {
        "dataset_id": pk,
        "name": field,
        "key": key,
        "node_key": node_key_of(f"column:{dataset.name.namespace}:{dataset.name.name}#{field}"),
    }


def _parts(edges: Iterable[Edge]) -> Iterator[tuple[str, list[Edge]]]:
    """So many at once, in the order of the rows, each with what makes them unique."""
    of_job: list[Edge] = []
    of_none: list[Edge] = []
    for edge in edges:
        (of_none if edge[2] is None else of_job).append(edge)
    for unique, some in ((rows.OF_JOB, of_job), (rows.OF_NO_JOB, of_none)):
        some.sort(key=lambda edge: (edge[0], edge[1], edge[2] or 0))
        for start in range(0, len(some), CHUNK):
            yield unique, some[start : start + CHUNK]
