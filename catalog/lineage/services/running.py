"""Runs: their events come in any order, and each tells a part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from catalog.lineage.data import Facts
from catalog.lineage.formats.names import Name
from catalog.lineage.formats.openlineage import Event
from catalog.lineage.services import rows
from catalog.lineage.services.reading import MAX_PAIRS, Numbered, Said, joined, too_many
from catalog.lineage.services.storing import Places
from catalog.products import services as products
from core import prepared

COMPLETE = "COMPLETE"
ENDED = {COMPLETE: "complete", "ABORT": "aborted", "FAIL": "failed"}


@dataclass(slots=True)
class _Run:
    """What the events of one call tell of one run."""

    id: UUID
    job: Name
    number: int  # of its last event in the call
    last: dt.datetime
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    state: str = "running"
    parent_id: UUID | None = None
    parent_job: Name | None = None
    inputs: dict[int, None] = field(default_factory=dict)
    outputs: dict[int, None] = field(default_factory=dict)


def write_runs(events: Numbered, facts: Facts, places: Places) -> Said:
    """Add to the runs what their events say, and to the facts the edges that follow."""
    runs: dict[tuple[UUID, Name], _Run] = {}
    said: Said = []
    for number, event in events:
        if event.run is not None and event.job is not None:
            key = (event.run.id, event.job)
            run = runs.setdefault(key, _Run(event.run.id, event.job, number, event.time))
            _add(run, number, event, places)
    if not runs:
        return said
    first = {key[0]: run for key, run in reversed(runs.items())}  # one row a run
    written = prepared.ask(rows.RUN, _recordset(first.values(), places))
    stored = {run_id: (inputs, outputs) for run_id, inputs, outputs in written}
    for (run_id, _), run in runs.items():
        inputs, outputs = list(run.inputs), list(run.outputs)
        if first[run_id] is run and run_id in stored:
            inputs, outputs = stored[run_id]
        else:
            said.append((run.number, "its run belongs to another job; read as a run of its own"))
        said += _join(run, inputs, outputs, facts, places)
    return said


def _add(run: _Run, number: int, event: Event, places: Places) -> None:
    run.number, run.last = number, max(run.last, event.time)
    if event.event_type == "START":
        run.started = min(run.started or event.time, event.time)
    if event.event_type in ENDED and (run.ended is None or event.time >= run.ended):
        run.ended, run.state = event.time, ENDED[event.event_type]
    if event.run is not None:
        run.parent_id = event.run.parent_id or run.parent_id
        run.parent_job = event.run.parent_job or run.parent_job
    run.inputs |= {places.datasets[ref.name].id: None for ref in event.inputs}
    run.outputs |= {places.datasets[name].id: None for name in joined(event.outputs)}


def _recordset(runs: Iterable[_Run], places: Places) -> str:
    return rows.recordset(
        {
            "run_id": run.id,
            "job_id": places.jobs[run.job],
            "state": run.state,
            "started_at": run.started,
            "ended_at": run.ended,
            "last_event_at": run.last,
            "input_ids": sorted(run.inputs),
            "output_ids": sorted(run.outputs),
            "parent_run_id": run.parent_id,
            "parent_job_id": None if run.parent_job is None else places.jobs[run.parent_job],
        }
        for run in runs
    )


def _join(run: _Run, inputs: list[int], outputs: list[int], facts: Facts, places: Places) -> Said:
    """Each dataset that these events name, with all of the other side that the run knows."""
    fresh = len(run.inputs) * len(outputs) + len(inputs) * len(run.outputs)
    if fresh > 2 * MAX_PAIRS:
        return [(run.number, too_many(len(inputs), len(outputs)))]
    job = places.jobs[run.job]
    facts.pairs.update((source, target, job) for source in run.inputs for target in outputs)
    facts.pairs.update((source, target, job) for source in inputs for target in run.outputs)
    return []


def tell_products(events: Iterable[Event], places: Places) -> None:
    """The ports behind what finished runs wrote; a clock that is ahead counts as now."""
    now = timezone.now()
    written: dict[UUID, dt.datetime] = {}
    for event in events:
        if event.event_type != COMPLETE:
            continue
        for ref in event.outputs:
            port = places.datasets[ref.name].port_id
            if port is not None:
                at = min(event.time, now)
                written[port] = max(written.get(port, at), at)
    products.record_written(written)
