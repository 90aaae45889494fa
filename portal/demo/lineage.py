"""What the company's orchestrator told of last night: which columns came from which."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

from django.utils import timezone

from accounts.actors import system_actor
from catalog.lineage import services as lineage
from catalog.lineage.models import Run
from catalog.products.models import OutputPort
from portal.demo.company import LAKE, SEED, ProductSpec, products
from portal.demo.lineage_by_hand import load_by_hand

UNITS = {
    "min": dt.timedelta(minutes=1),
    "h": dt.timedelta(hours=1),
    "d": dt.timedelta(days=1),
}
LONGEST = dt.timedelta(days=12)  # that anything is left alone
LATE = 3.4  # times what was promised


def load_lineage() -> None:
    """The latest run of each product that reads, as OpenLineage tells it; a run is told once."""
    known, names = set(Run.objects.values_list("run_id", flat=True)), _dataset_names()
    events = [
        _event(spec, _ended(spec).isoformat(), names)
        for spec in products().values()
        if spec.reads and _run_id(spec) not in known
    ]
    for result in lineage.ingest_many(events=events, actor=system_actor()):
        if result.refusal is not None:
            raise result.refusal
    load_by_hand(names)


def _ended(spec: ProductSpec) -> dt.datetime:
    """Well within what the contract promises, but for those that are late."""
    value, unit = spec.fresh.split()
    promised = int(value) * UNITS[unit]
    chance = random.Random(f"{SEED}/{spec.fqn}/run")  # noqa: S311 - made-up times, no secret
    share = chance.uniform(0.1, 0.4) if not spec.is_late else LATE
    return timezone.now() - min(promised, LONGEST) * share


def _run_id(spec: ProductSpec) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"run/{spec.fqn}")


def _event(spec: ProductSpec, at: str, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    inputs = [names[fqn] for fqn in spec.product_reads]
    inputs += [_system_dataset(port) for port in spec.system_reads]
    facets = {"columnLineage": _column_lineage(spec, names)}
    return {
        "eventType": "COMPLETE",
        "eventTime": at,
        "producer": "https://fernhaven.example/orchestrator",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(_run_id(spec))},
        "job": {"namespace": "fernhaven", "name": f"build_{spec.slug.replace('-', '_')}"},
        "inputs": inputs,
        "outputs": [{**names[spec.fqn], "facets": facets}],
    }


def _column_lineage(spec: ProductSpec, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Columns come from those of the same name in what is read, unless `derived` says more."""
    known = {f"{fqn}.{col.name}" for fqn in spec.product_reads for col in products()[fqn].columns}
    fields: dict[str, Any] = {}
    for col in spec.columns:
        same = [f"{fqn}.{col.name}" for fqn in spec.product_reads]
        sources = spec.derived.get(col.name) or [each for each in same if each in known]
        found = [(each.rpartition(".")[0], each.rpartition(".")[2]) for each in sources]
        found_in_systems = [] if found else [_system_dataset(port) for port in spec.system_reads]
        inputs = [{**names[fqn], "field": name} for fqn, name in found]
        inputs += [{**each, "field": col.name} for each in found_in_systems]
        if inputs:
            fields[col.name] = {"inputFields": inputs}
    return {
        "_producer": "https://fernhaven.example/orchestrator",
        "_schemaURL": "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json",
        "fields": fields,
    }


def _system_dataset(port: str) -> dict[str, str]:
    system, _, name = port.partition("/")
    return {"namespace": f"fernhaven://{system}", "name": name}


def _dataset_names() -> dict[str, dict[str, str]]:
    """The lineage name of what each product offers: of its first port, else of the lake."""
    found = {fqn: {"namespace": LAKE, "name": fqn} for fqn in products()}
    ports = OutputPort.objects.filter(product__fqn__in=found, datasets__isnull=False)
    rows = ports.order_by("product_id", "-position", "major", "datasets__pk").values_list(
        "product__fqn", "datasets__namespace", "datasets__name"
    )
    for fqn, namespace, name in rows:  # the first port comes last and stays
        found[fqn] = {"namespace": namespace, "name": name}
    return found
