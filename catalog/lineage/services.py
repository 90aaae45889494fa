"""Taking in lineage."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actors import Actor
from accounts.states import Scope
from catalog.lineage.formats.openlineage import DatasetRef, Event, parse_event
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Dataset, DatasetEdge, Job, LineageEvent, ProductEdge, Run
from catalog.lineage.states import Origin
from catalog.products import services as products
from catalog.products.models import PortDataset
from core.copying import update_objects
from core.errors import NotAllowed
from core.models import OutboxEvent

COMPLETE = "COMPLETE"
ENDED = {COMPLETE: "complete", "ABORT": "aborted", "FAIL": "failed"}

# Product edges that follow from dataset edges which touch any of these datasets.
DERIVE_PRODUCT_EDGES = """
INSERT INTO lineage_productedge (source_id, target_id, origin, via, first_seen, last_seen)
SELECT DISTINCT ON (sp.product_id, tp.product_id)
       sp.product_id, tp.product_id, 'lineage', 'job:' || j.namespace || ':' || j.name, now(), now()
FROM lineage_datasetedge e
JOIN lineage_dataset s ON s.id = e.source_id JOIN products_outputport sp ON sp.id = s.port_id
JOIN lineage_dataset t ON t.id = e.target_id JOIN products_outputport tp ON tp.id = t.port_id
JOIN lineage_job j ON j.id = e.job_id
WHERE sp.product_id <> tp.product_id AND (e.source_id = ANY(%s) OR e.target_id = ANY(%s))
ORDER BY sp.product_id, tp.product_id, e.last_seen DESC
ON CONFLICT (source_id, target_id, origin) DO UPDATE SET last_seen = now(), via = excluded.via
"""


@dataclass(frozen=True)
class IngestResult:
    """What became of one event; `duplicate` when it had been stored before."""

    duplicate: bool
    warnings: tuple[str, ...]


@transaction.atomic
def ingest(*, event: Any, actor: Actor) -> IngestResult:
    """Store one OpenLineage event and what follows from it. A repeat changes nothing.

    Raises:
        NotAllowed: the actor's token lacks `lineage:write`.
        Invalid: the event lacks eventTime, job or runId.
    """
    if actor.is_visitor or not (actor.may(Scope.LINEAGE_WRITE) or actor.may(Scope.WRITE)):
        raise NotAllowed("Sending lineage needs a token with the scope lineage:write.")
    parsed = parse_event(event)
    _, created = LineageEvent.objects.get_or_create(
        identity=_identity(parsed),
        defaults={
            "event_time": parsed.time,
            "body": event,
            "warnings": [warning[:200] for warning in parsed.warnings[:50]],
            "posted_by": actor.name,
        },
    )
    if not created:
        return IngestResult(duplicate=True, warnings=parsed.warnings)
    _apply(parsed, team_id=min(actor.team_ids, default=None))
    return IngestResult(duplicate=False, warnings=parsed.warnings)


def _identity(event: Event) -> str:
    """Retries repeat an event; (run, type, time) tells it, or the name where there is no run."""
    parts: Iterable[object]
    if event.run_id is not None:
        parts = (event.run_id, event.event_type, event.time.isoformat())
    else:
        outputs = [(ref.namespace, ref.name) for ref in event.outputs]
        parts = (event.job_namespace, event.job_name, event.time.isoformat(), outputs)
    return hashlib.sha256(repr(tuple(parts)).encode()).hexdigest()


def _apply(event: Event, *, team_id: int | None) -> None:
    ids = _upsert_datasets([*event.inputs, *event.outputs], team_id=team_id)
    if event.kind == "dataset":
        return
    job = _upsert_job(event.job_namespace, event.job_name, team_id)
    inputs = [ids[ref.namespace, ref.name] for ref in event.inputs]
    outputs = [ids[ref.namespace, ref.name] for ref in event.outputs]
    if event.run_id is not None:
        inputs, outputs = _update_run(event, event.run_id, job, inputs, outputs)
        if event.event_type == COMPLETE and outputs:
            _tell_products(outputs, event.time)
    _write_edges(job, inputs, outputs)


def _upsert_job(namespace: str, name: str, team_id: int | None) -> Job:
    named = {"namespace": namespace, "name": name, "posted_by_id": team_id}
    job, _ = Job.objects.update_or_create(
        key=key_of(namespace, name),
        defaults={"last_seen": Now()},
        create_defaults={"node_key": node_key_of(f"job:{namespace}:{name}"), **named},
    )
    return job


def _tell_products(outputs: Sequence[int], ended_at: dt.datetime) -> None:
    """The ports behind these datasets were written; a clock that is ahead counts as now."""
    ports = Dataset.objects.filter(pk__in=outputs, port__isnull=False)
    products.record_written(
        port_ids=ports.values_list("port_id", flat=True), at=min(ended_at, timezone.now())
    )


def _upsert_datasets(
    refs: Sequence[DatasetRef], *, team_id: int | None
) -> dict[tuple[str, str], int]:
    """Ids of the named datasets, new ones matched to the ports that offer them."""
    named = {(ref.namespace, ref.name): ref for ref in refs}
    if not named:
        return {}
    ports = _ports_offering(named)
    rows = [
        Dataset(
            namespace=ref.namespace,
            name=ref.name,
            node_id=(node_id := f"dataset:{ref.namespace}:{ref.name}"),
            key=key_of(ref.namespace, ref.name),
            node_key=node_key_of(node_id),
            port_id=ports.get(key),
            fields=list(ref.fields or ()),
            posted_by_id=team_id,
        )
        for key, ref in sorted(named.items())
    ]
    Dataset.objects.bulk_create(rows, ignore_conflicts=True)
    found = Dataset.objects.filter(key__in=[row.key for row in rows]).select_for_update(
        of=("self",)
    )
    ids = {}
    for dataset in found.order_by("pk"):
        key = (dataset.namespace, dataset.name)
        ids[key] = dataset.pk
        fields = named[key].fields
        if fields is not None and list(fields) != dataset.fields:
            Dataset.objects.filter(pk=dataset.pk).update(fields=list(fields))
    Dataset.objects.filter(pk__in=ids.values()).update(last_seen=Now())
    return ids


def _ports_offering(named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    names = set(named)
    offers = PortDataset.objects.filter(
        namespace__in={namespace for namespace, _ in names}, name__in={name for _, name in names}
    ).values_list("namespace", "name", "port_id")
    return {
        (namespace, name): port for namespace, name, port in offers if (namespace, name) in names
    }


def _update_run(
    event: Event, run_id: UUID, job: Job, inputs: list[int], outputs: list[int]
) -> tuple[list[int], list[int]]:
    """Add what this event says to the run; returns all inputs and outputs known so far."""
    Run.objects.bulk_create(
        [Run(run_id=run_id, job=job, state="running", last_event_at=event.time)],
        ignore_conflicts=True,
    )
    run = Run.objects.select_for_update().get(run_id=run_id)
    run.input_ids = sorted({*run.input_ids, *inputs})
    run.output_ids = sorted({*run.output_ids, *outputs})
    run.last_event_at = max(run.last_event_at, event.time)
    if event.event_type == "START":
        run.started_at = min(run.started_at or event.time, event.time)
    if event.event_type in ENDED:
        run.state = ENDED[event.event_type]
        run.ended_at = event.time
    run.save()
    return run.input_ids, run.output_ids


def _write_edges(job: Job, inputs: Sequence[int], outputs: Sequence[int]) -> None:
    edges = [
        DatasetEdge(source_id=source, target_id=target, job=job)
        for source in sorted(set(inputs))
        for target in sorted(set(outputs))
        if source != target
    ]
    if not edges:
        return
    DatasetEdge.objects.bulk_create(edges, ignore_conflicts=True)
    DatasetEdge.objects.filter(job=job, source__in=inputs, target__in=outputs).update(
        last_seen=Now()
    )
    derive_product_edges([*inputs, *outputs])


def derive_product_edges(dataset_ids: Sequence[int]) -> None:
    """Write the product edges that follow from dataset edges touching these datasets."""
    ids = list(set(dataset_ids))
    with connection.cursor() as cursor:
        cursor.execute(DERIVE_PRODUCT_EDGES, [ids, ids])


@transaction.atomic
def match_datasets_of_ports(events: Sequence[OutboxEvent]) -> None:
    """Outbox handler of `port.changed`: datasets seen before now belong to the ports."""
    ports = [event.payload["port_id"] for event in events]
    offers = PortDataset.objects.filter(port_id__in=ports)
    wanted = {
        key_of(namespace, name): port_id
        for namespace, name, port_id in offers.values_list("namespace", "name", "port_id")
    }
    Dataset.objects.filter(port_id__in=ports).exclude(key__in=wanted).update(port=None)
    matched = list(Dataset.objects.filter(key__in=wanted).only("key", "port_id"))
    for dataset in matched:
        dataset.port_id = wanted[dataset.key]
    update_objects(matched, ["port"])
    derive_product_edges([dataset.pk for dataset in matched])


@transaction.atomic
def write_declared_edges(links: Mapping[UUID, frozenset[UUID]]) -> None:
    """Make the declared edges of products be these; products tell when their inputs change.

    Cost: three statements, whatever the number of products.
    """
    wanted = {(source, target) for target, sources in links.items() for source in sources}
    declared = ProductEdge.objects.filter(target_id__in=list(links), origin=Origin.DECLARED)
    known = {
        (source, target): pk
        for pk, source, target in declared.values_list("pk", "source_id", "target_id")
    }
    gone = [pk for pair, pk in known.items() if pair not in wanted]
    if gone:
        ProductEdge.objects.filter(pk__in=gone).delete()
    ProductEdge.objects.bulk_create(
        (
            ProductEdge(
                source_id=source,
                target_id=target,
                origin=Origin.DECLARED,
                via="declared input port",
            )
            for source, target in sorted(wanted - known.keys())
            if source != target
        ),
        ignore_conflicts=True,
    )
