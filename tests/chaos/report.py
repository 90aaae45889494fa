"""The figures of a chaos run, as a page of the docs."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.chaos.clients import Load
from tests.chaos.stage import LEASE_S, Stage

TAKEN_OVER = """
SELECT extract(epoch FROM min(b.at) - a.at) FROM jobs_operationlog a
JOIN jobs_operationlog b ON b.operation_id = a.operation_id AND b.id > a.id AND b.state <> ''
WHERE b.text LIKE 'taken over%' AND a.state <> '' GROUP BY a.id, a.at
"""
COUNTS = (
    "SELECT (SELECT count(*) FROM jobs_operation),"
    " (SELECT count(*) FROM jobs_operationlog WHERE text LIKE 'taken over%'),"
    " (SELECT sum(crashes) FROM jobs_operation),"
    " (SELECT count(*) FROM jobs_operation WHERE state = 'failed')"
)


@dataclass
class Figures:
    seconds: float
    capacity: float  # requests a second, undisturbed
    accepted: int
    operations: int
    effects: int
    taken_over: int
    crashes: int
    failed: int
    faults: Counter[str]
    statuses: Counter[int]
    calm_ms: Sequence[float]
    loaded_ms: Sequence[float]
    unsettled: int
    unfriendly: list[str]
    drained_s: float = 0.0

    @classmethod
    def of(
        cls,
        stage: Stage,
        load: Load,
        faults: Counter[str],
        capacity: float,
        calm_ms: Sequence[float],
        seconds: float,
    ) -> Figures:
        with psycopg.connect(stage.ledger_url) as ledger:
            counts = ledger.execute(COUNTS).fetchone() or (0, 0, 0, 0)
        with psycopg.connect(stage.warehouse_url) as target:
            (effects,) = target.execute("SELECT count(*) FROM chaos.trace").fetchone() or (0,)
        numbers = [int(each or 0) for each in counts]
        return cls(
            seconds,
            capacity,
            len({answer.key for answer in load.answers}),
            numbers[0],
            effects,
            *numbers[1:],
            faults,
            load.statuses,
            calm_ms,
            sorted(load.took_ms),
            len(load.unsettled),
            load.unfriendly,
        )


def write(figures: Figures, found: Sequence[str], path: str) -> None:
    """Nothing without a path."""
    if path:
        Path(path).write_text(page(figures, found))


def page(f: Figures, found: Sequence[str]) -> str:
    rows = [
        ("Ran for", f"{f.seconds:.0f} s, lease {LEASE_S} s"),
        ("Capacity, undisturbed", f"{f.capacity:.1f} requests/s; offered: half of it"),
        ("Requests accepted", f"{f.accepted:,}"),
        ("Operations, all ended", f"{f.operations:,}, of them failed and undone {f.failed:,}"),
        ("Effects in the traced target", f"{f.effects:,}"),
        ("Operations taken over from a dead or sleeping worker", f"{f.taken_over:,}"),
        ("Answers", ", ".join(f"{s or 'none'}: {n}" for s, n in sorted(f.statuses.items()))),
        ("Accepting, under load before the first fault, p50 / p99", _spread(f.calm_ms)),
        ("Accepting, under load and faults, p50 / p99", _spread(f.loaded_ms)),
        ("All ended after the last fault within", f"{f.drained_s:.1f} s"),
        ("Calls that never got an answer", f"{f.unsettled}"),
        ("Contradictions the checker found", f"{len(found)}"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    faults = "\n".join(f"| {name} | {n} |" for name, n in sorted(f.faults.items()))
    listed = "".join(f"\n* {each}" for each in found[:50])
    cores = len(os.sched_getaffinity(0))
    return f"""# What the chaos run found
Written by `./run test -m nightly tests/chaos/test_chaos_run.py --chaos-report FILE` (shorter:
`-m chaos --chaos-seconds N`), which starts a whole portal,
offers it requests, kills and stalls its parts, and lets a checker compare the clients' notes with
the ledger, the targets and what was delivered ([how](ledger.md)). On {cores} cores, Python
{platform.python_version()}.

| figure | value |
| --- | --- |
{table}

| fault | times |
| --- | --- |
{faults}
| together | {sum(f.faults.values())} |
{listed}
"""


def _spread(times: Sequence[float]) -> str:
    if not times:
        return "none"
    middle, late = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
    return f"{middle:.0f} / {late:.0f} ms"
