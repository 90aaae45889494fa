"""Taking in OpenLineage: events a second, one by one and by the batch, through REST."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings

from accounts.models import User
from accounts.services import create_token
from accounts.states import Scope
from core.errors import Conflict
from portal.bench.core import HOST, Spread, cpu_ms

SINGLE, BATCHES, AT_ONCE = 400, 8, 500
GRANTED = {"single": 200, "batch": 2000}  # events a second, of one core
JOBS, INPUTS, COLUMNS = 60, 2, 8
NAMESPACE = "postgres://bench:5432"
BASE = {"_producer": "https://example.org/bench", "_schemaURL": "https://example.org/facet.json"}


def ingest_figures(single: int = SINGLE, batches: int = BATCHES) -> dict[str, Any]:
    """Events a second, by the clock and of one core; all of it is undone.

    Each event is the end of a run that reads two datasets and writes one, with the schemas of all
    and the columns' lineage; 60 jobs run again and again, as pipelines do.

    Raises:
        Conflict: an event was refused; the time would say nothing.
    """
    with transaction.atomic(), override_settings(ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, HOST]):
        client = _client()
        bodies = [orjson.dumps(event) for event in _events("single", single)]
        figures = {"single": _figure("single", client, "lineage", bodies, single)}
        events = list(_events("batch", batches * AT_ONCE))
        parts = [events[n : n + AT_ONCE] for n in range(0, len(events), AT_ONCE)]
        bodies = [orjson.dumps(part) for part in parts]
        figures["batch"] = _figure("batch", client, "lineage/batch", bodies, len(events))
        transaction.set_rollback(True)
    return figures


def _client() -> Client:
    """As a tool sends: with a token that may do nothing else."""
    user = User.objects.create(username="bench-lineage")
    _, token = create_token(user=user, name="bench", scopes=[Scope.LINEAGE_WRITE])
    return Client(SERVER_NAME=HOST, headers={"authorization": f"Bearer {token}"})


def _figure(name: str, client: Client, path: str, bodies: list[bytes], events: int) -> Any:
    took, used = [], cpu_ms()
    for body in bodies:
        started = time.perf_counter()
        _require_taken(client.post(f"/api/v1/{path}", body, content_type="application/json"))
        took.append((time.perf_counter() - started) * 1000)
    wall, busy = sum(took) / 1000, (cpu_ms() - used) / 1000
    granted, spread = GRANTED[name], Spread.of(took)
    return {
        "events": events,
        "bytes an event": sum(map(len, bodies)) // events,
        "events/s": round(events / wall),
        "events/s of a core": round(events / busy),  # the web process and its database backend
        "ms a call, p50 / p95": [round(each, 2) for each in (spread.p50, spread.p95)],
        "budget events/s of a core": granted,
        "ratio": round(granted * busy / events, 2),
        "verdict": "within" if events / busy >= granted else "over",
    }


def _require_taken(answer: Any) -> None:
    told = answer.json()
    if answer.status_code >= 300 or told.get("summary", {}).get("failed"):
        raise Conflict(f"An event was refused: {str(told)[:300]}")


def _events(kind: str, count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        job = n % JOBS
        sources = [f"db.raw.{(job * INPUTS + k) % (JOBS + 7)}" for k in range(INPUTS)]
        schema = {**BASE, "fields": [{"name": f"c{c}", "type": "text"} for c in range(COLUMNS)]}
        lineage = {**BASE, "fields": {f"c{c}": _inputs(sources, c) for c in range(COLUMNS)}}
        yield {
            "eventType": "COMPLETE",
            "eventTime": f"2026-11-20T10:{n // 60 % 60:02}:{n % 60:02}Z",
            "producer": BASE["_producer"],
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": str(UUID(int=n + (len(kind) << 64)))},
            "job": {"namespace": "bench", "name": f"job-{job}"},
            "inputs": [_dataset(name, schema=schema) for name in sources],
            "outputs": [_dataset(f"db.mart.{job}", schema=schema, columnLineage=lineage)],
        }


def _inputs(sources: list[str], column: int) -> dict[str, Any]:
    how = [{"type": "DIRECT", "subtype": "IDENTITY", "masking": False}]
    fields = [
        {"namespace": NAMESPACE, "name": name, "field": f"c{column}", "transformations": how}
        for name in sources
    ]
    return {"inputFields": fields}


def _dataset(name: str, **facets: Any) -> dict[str, Any]:
    return {"namespace": NAMESPACE, "name": name, "facets": facets}
