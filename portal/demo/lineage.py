"""What the company's orchestrator told of last night: which columns came from which."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from accounts.actors import system_actor
from catalog.lineage import services as lineage
from catalog.products.models import OutputPort
from portal.demo.company import LAKE, ProductSpec, products


def load_lineage() -> None:
    """One OpenLineage event of last night for each product that reads; the same run each time."""
    night = timezone.now().replace(hour=3, minute=10, second=0, microsecond=0)
    at = (night - dt.timedelta(days=1)).isoformat()
    names = _dataset_names()
    for spec in products().values():
        if spec.reads:
            lineage.ingest(event=_event(spec, at, names), actor=system_actor())


def _event(spec: ProductSpec, at: str, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    inputs = [names[fqn] for fqn in spec.product_reads]
    inputs += [_system_dataset(port) for port in spec.system_reads]
    facets = {"columnLineage": _column_lineage(spec, names)}
    return {
        "eventType": "COMPLETE",
        "eventTime": at,
        "producer": "https://fernhaven.example/orchestrator",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"run/{spec.fqn}"))},
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
