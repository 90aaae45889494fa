"""Datasets that have other names, were renamed or dropped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from catalog.lineage.data import Change
from catalog.lineage.formats.names import Name
from catalog.lineage.formats.openlineage import Alias
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Dataset, Symlink
from catalog.lineage.policies import may_speak_for
from catalog.lineage.services.known import KnownDataset
from catalog.lineage.services.matching import match_systems
from catalog.lineage.services.product_edges import (
    derive_product_edges,
    end_unsupported,
    products_of,
)
from catalog.products.models import PortDataset
from core import prepared

# The edges of `old` as edges of `new`; those that `new` has already stay as they are.
_MOVE = """
INSERT INTO lineage_datasetedge AS e
    (source_id, target_id, job_id, origin, reason, made_by_id, first_seen, last_seen)
SELECT CASE WHEN source_id = %(old)s THEN %(new)s ELSE source_id END,
       CASE WHEN target_id = %(old)s THEN %(new)s ELSE target_id END,
       job_id, origin, reason, made_by_id, first_seen, last_seen
FROM lineage_datasetedge
WHERE ended_at IS NULL AND (source_id = %(old)s OR target_id = %(old)s)
  AND %(new)s NOT IN (source_id, target_id)
ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING
"""
_MOVE_USES = """
INSERT INTO lineage_jobdataset (job_id, dataset_id, side, first_seen, last_seen)
SELECT job_id, %(new)s, side, first_seen, last_seen FROM lineage_jobdataset
WHERE dataset_id = %(old)s ORDER BY 1, 3 ON CONFLICT DO NOTHING
"""
_MOVE_RUNS = """
UPDATE lineage_run SET input_ids = array_replace(input_ids, %(old)s, %(new)s),
       output_ids = array_replace(output_ids, %(old)s, %(new)s)
WHERE job_id IN (SELECT job_id FROM lineage_jobdataset WHERE dataset_id = %(old)s)
  AND (%(old)s = ANY(input_ids) OR %(old)s = ANY(output_ids))
"""
END_EDGES = """
WITH gone AS (
    SELECT id FROM lineage_datasetedge
    WHERE ended_at IS NULL AND origin = ANY(%s::text[])
      AND (source_id = ANY(%s::bigint[]) OR target_id = ANY(%s::bigint[]))
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE lineage_datasetedge SET ended_at = now(), change = pg_current_xact_id()::text::bigint
WHERE id IN (SELECT id FROM gone)
"""
END_COLUMN_EDGES = """
WITH own AS (SELECT id FROM lineage_column WHERE dataset_id = ANY(%s::bigint[])),
gone AS (
    SELECT id FROM lineage_columnedge
    WHERE ended_at IS NULL AND origin = ANY(%s::text[])
      AND (source_id IN (SELECT id FROM own) OR target_id IN (SELECT id FROM own))
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE lineage_columnedge SET ended_at = now(), change = pg_current_xact_id()::text::bigint
WHERE id IN (SELECT id FROM gone)
"""
SEEN_ORIGINS = ["lineage", "dbt", "sql"]  # a person's edges are ended by people only
ALL_ORIGINS = [*SEEN_ORIGINS, "declared", "manual"]

Said = list[tuple[int, str]]  # (number of the event, warning)


def apply_changes(
    changes: Collection[Change], places: Mapping[Name, KnownDataset], *, actor: Actor
) -> Said:
    """Give datasets their other names, and end the edges of those that were dropped.

    Names that are known already cost one statement for all changes together.
    """
    wanted = {
        key_of(*alias.name): (change, alias)
        for change in changes
        for alias in _aliases(change)
        if alias.name != places[change.dataset].name
    }
    known = dict(Symlink.objects.filter(key__in=wanted).values_list("key", "dataset_id"))
    said: Said = []
    for key, (change, alias) in sorted(wanted.items()):
        if known.get(key) != places[change.dataset].id:
            problem = _give_name(places, key, change, alias, actor)
            said += [(change.event, problem)] if problem else []
    dropped = [change for change in changes if change.is_drop]
    return said + _drop(dropped, places, actor) if dropped else said


def _aliases(change: Change) -> tuple[Alias, ...]:
    """The other names, the one before a renaming among them."""
    if change.previous is None:
        return change.aliases
    return (*change.aliases, Alias(change.previous, "RENAMED"))


def _give_name(
    places: Mapping[Name, KnownDataset], key: UUID, change: Change, alias: Alias, actor: Actor
) -> str:
    """Make the alias a name of the dataset; otherwise why not."""
    pk = places[change.dataset].id
    both = Dataset.objects.filter(Q(pk=pk) | Q(key=key)).order_by("pk")
    found = {each.pk: each for each in both.select_for_update(of=("self",))}
    for each in found.values():
        if not may_speak_for(actor, each):
            return _left_out(alias, "another team speaks for that dataset")
    if Symlink.objects.filter(key=key).exists():
        return _left_out(alias, "it is a name of another dataset")
    dataset = found.pop(pk)
    for other in found.values():
        is_rename = alias.name == change.previous
        if dataset.posted_by_id != other.posted_by_id or (other.port_id and not is_rename):
            return _left_out(alias, "a dataset of its own has that name")
        _merge(other, dataset)
        _move_places(places, other, dataset)
    Symlink.objects.create(
        dataset=dataset, namespace=alias.name[0], name=alias.name[1], kind=alias.kind, key=key
    )
    if dataset.port_id is None:
        places[change.dataset].port_id = _match(dataset, alias.name)
    match_systems(datasets=[dataset.pk])
    return ""


def _move_places(places: Mapping[Name, KnownDataset], old: Dataset, new: Dataset) -> None:
    for known in places.values():
        if known.id == old.pk:
            known.id, known.port_id, known.dropped_at = new.pk, new.port_id, new.dropped_at
            known.name = Name(new.namespace, new.name)


def _left_out(alias: Alias, reason: str) -> str:
    return f"the other name {alias.name.namespace} {alias.name.name[:80]} was left out: {reason}"


def _match(dataset: Dataset, name: Name) -> UUID | None:
    offer = PortDataset.objects.filter(namespace=name.namespace, name=name.name).first()
    if offer is None:
        return None
    Dataset.objects.filter(pk=dataset.pk).update(port_id=offer.port_id)
    derive_product_edges([dataset.pk])
    return offer.port_id


def _merge(old: Dataset, new: Dataset) -> None:
    """Move everything to `new`; `old` stays, without edges, under a key that no name has."""
    if new.port_id is None and old.port_id is not None:
        Dataset.objects.filter(pk=new.pk).update(
            port=old.port_id, claimed_by=old.claimed_by_id, claimed_at=old.claimed_at
        )
        new.port_id = old.port_id
    touched = products_of([old.pk, new.pk])
    with connection.cursor() as cursor:
        for statement in (_MOVE, _MOVE_RUNS, _MOVE_USES):
            cursor.execute(statement, {"old": old.pk, "new": new.pk})
    end_edges([old.pk], ALL_ORIGINS)
    gone = key_of(old.namespace, old.name, "merged", str(old.pk))
    Dataset.objects.filter(pk=old.pk).update(
        key=gone, node_key=node_key_of(str(gone)), port=None, system_port=None, dropped_at=Now()
    )
    derive_product_edges([new.pk])
    end_unsupported(touched)


def _drop(changes: Iterable[Change], places: Mapping[Name, KnownDataset], actor: Actor) -> Said:
    said: Said = []
    ids = {places[change.dataset].id: change for change in changes}
    datasets = Dataset.objects.filter(pk__in=ids).select_related("port__product").order_by("pk")
    ended = []
    for dataset in datasets.select_for_update(of=("self",)):
        if not may_speak_for(actor, dataset):
            name = f"{dataset.namespace} {dataset.name[:80]}"
            said.append((ids[dataset.pk].event, f"{name} was not dropped: it is another team's"))
            continue
        dataset.dropped_at = ids[dataset.pk].at
        dataset.save(update_fields=["dropped_at"])
        ended.append(dataset.pk)
    end_edges(ended, SEEN_ORIGINS)
    return said


def end_edges(dataset_ids: Collection[int], origins: Iterable[str]) -> None:
    """End the edges of datasets and of their columns, and the product edges built on them."""
    if not dataset_ids:
        return
    ids, kinds = sorted(dataset_ids), list(origins)
    prepared.ask(END_EDGES, kinds, ids, ids)
    prepared.ask(END_COLUMN_EDGES, ids, kinds)
    end_unsupported(products_of(ids))


def return_dropped(
    places: Iterable[KnownDataset], named_at: Mapping[int, dt.datetime]
) -> frozenset[int]:
    """Datasets named after they were dropped are there again; answers those that stay gone."""
    gone = {each.id: each.dropped_at for each in places if each.dropped_at is not None}
    back = [pk for pk, at in gone.items() if at is not None and named_at.get(pk, at) > at]
    if back:
        Dataset.objects.filter(pk__in=back).update(dropped_at=None)
    return frozenset(gone) - frozenset(back)
