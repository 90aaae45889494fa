"""Facts to rows: datasets, jobs, columns and edges, a handful of statements for any number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.lineage.data import ColumnEdgeKey, DatasetFacts, Facts
from catalog.lineage.formats.names import Name
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.services import rows
from catalog.lineage.services.known import Known, KnownDataset, Stored, look_up
from catalog.lineage.services.product_edges import derive_from_edges
from core import prepared

CHUNK = 20_000  # edges in one statement

Edge = tuple[int, int, int | None]  # source, target, job


@dataclass(frozen=True, slots=True)
class Places:
    """The rows behind the names in facts."""

    datasets: dict[Name, KnownDataset]
    jobs: dict[Name, int]
    stored: Stored
    team_id: int | None  # who tells of them


def place(facts: Facts, stored: Stored, *, team_id: int | None) -> Places:
    """Find or make the datasets and the jobs.

    Args:
        stored: what `stored_of` found of these facts.
    """
    datasets = _place_datasets(facts.datasets, stored, team_id)
    return Places(datasets, _place_jobs(facts.jobs, stored, team_id), stored, team_id)


def _place_datasets(
    told: Mapping[Name, DatasetFacts], stored: Stored, team_id: int | None
) -> dict[Name, KnownDataset]:
    """Find or make datasets; new ones belong to the ports that offer them."""
    keys = {name: key_of(*name) for name in told}
    missing = {name: told[name] for name, key in keys.items() if key not in stored.datasets}
    if missing:
        new = (_new_dataset(name, keys[name], facts, team_id) for name, facts in missing.items())
        prepared.ask(rows.ADD_DATASETS, rows.recordset(new))
        stored.datasets |= look_up(datasets=missing).datasets
    found = {name: stored.datasets[key] for name, key in keys.items()}
    changed = {each.id: told[name].fields for name, each in found.items() if each.is_other}
    if changed:
        schemas = ({"id": pk, "fields": fields} for pk, fields in changed.items())
        prepared.ask(rows.SET_FIELDS, rows.recordset(schemas))
    _see("lineage_dataset", found.values())
    return found


def _new_dataset(name: Name, key: UUID, facts: DatasetFacts, team_id: int | None) -> dict[str, Any]:
    node_id = f"dataset:{name.namespace}:{name.name}"
    return {
        "namespace": name.namespace,
        "name": name.name,
        "node_id": node_id,
        "key": key,
        "node_key": node_key_of(node_id),
        "fields": list(facts.fields or ()),
        "posted_by_id": team_id,
    }


def _place_jobs(names: Collection[Name], stored: Stored, team_id: int | None) -> dict[Name, int]:
    keys = {name: key_of(*name) for name in names}
    missing = {name: key for name, key in keys.items() if key not in stored.jobs}
    if missing:
        new = (_new_job(name, key, team_id) for name, key in missing.items())
        prepared.ask(rows.ADD_JOBS, rows.recordset(new))
        stored.jobs |= look_up(jobs=missing.values()).jobs
    found = {name: stored.jobs[key] for name, key in keys.items()}
    _see("lineage_job", found.values())
    return {name: each.id for name, each in found.items()}


def _new_job(name: Name, key: UUID, team_id: int | None) -> dict[str, Any]:
    return {
        "namespace": name.namespace,
        "name": name.name,
        "key": key,
        "node_key": node_key_of(f"job:{name.namespace}:{name.name}"),
        "posted_by_id": team_id,
    }


def _see(table: str, found: Iterable[Known]) -> None:
    rows.see(table, [each.id for each in found if each.is_stale])


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
    columns = _place_columns(facts.links, places)
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


def _place_columns(links: Iterable[ColumnEdgeKey], places: Places) -> dict[tuple[int, str], int]:
    """Find or make the columns: by (dataset, name)."""
    wanted: dict[tuple[int, str], KnownDataset] = {}
    for link in links:
        for name, field in ((link.source, link.source_field), (link.target, link.target_field)):
            known = places.datasets[name]
            wanted[known.id, field] = known
    keys = {place: key_of(*known.name, place[1]) for place, known in wanted.items()}
    found = places.stored.columns
    if unasked := set(keys.values()) - found.keys():
        found |= look_up(columns=unasked).columns
        if new := [place for place, key in keys.items() if key not in found]:
            columns = (_new_column(keys[place], place, wanted[place]) for place in new)
            prepared.ask(rows.ADD_COLUMNS, rows.recordset(columns))
            found |= look_up(columns=[keys[place] for place in new]).columns
    _see("lineage_column", [found[key] for key in keys.values()])
    return {place: found[key].id for place, key in keys.items()}


def _new_column(key: UUID, place: tuple[int, str], dataset: KnownDataset) -> dict[str, Any]:
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
