"""Lineage: the engine on a large graph, beside plain recursive SQL of the same run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

from django.db import connection

from accounts.actors import Actor
from accounts.states import PortalRole
from catalog.lineage.engine import snapshot
from catalog.lineage.engine.questions import Question, everything, nearest
from catalog.lineage.models import Dataset, DatasetEdge
from catalog.lineage.states import Direction, Level
from portal.bench.core import SAMPLES, SEED, Budget, Case, Result, measure_together
from portal.bench.lineage_ingest import BATCHES, SINGLE, ingest_figures

STEWARD = Actor(user_id=0, name="bench", role=PortalRole.STEWARD)
MEMBER = Actor(user_id=-1, name="bench", role=PortalRole.MEMBER, team_ids=frozenset({-1}))
HOPS = 5
FIRST = 200
HUBS = 5
HUB_SAMPLES = 20
SLOW_SAMPLES = 3  # of plain SQL over a hub, which takes seconds
HOPS_MS, HUB_MS = 5.0, 200.0
# What a hand would write: the ids of a closure, without a snapshot.
PLAIN = """
WITH RECURSIVE reach(node) AS (
    SELECT %s::bigint
    UNION
    SELECT edge.target_id FROM reach
    JOIN lineage_datasetedge edge ON edge.source_id = reach.node AND edge.ended_at IS NULL
)
SELECT count(*) FROM reach
"""
PLAIN_HOPS = """
WITH RECURSIVE reach(node, distance) AS (
    SELECT %s::bigint, 0
    UNION
    SELECT edge.target_id, reach.distance + 1 FROM reach
    JOIN lineage_datasetedge edge ON edge.source_id = reach.node AND edge.ended_at IS NULL
    WHERE reach.distance < 5
)
SELECT count(DISTINCT node) FROM reach
"""
BUSIEST = """
SELECT source_id FROM lineage_datasetedge WHERE ended_at IS NULL
GROUP BY source_id ORDER BY count(*) DESC, source_id LIMIT %s
"""

INGESTION = "ingestion"


class _Done:
    status_code = 200


class _Call:
    """One question, with how long it took each time."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self.ask = ask
        self.took_s = 0.0

    def __call__(self) -> _Done:
        started = time.perf_counter()
        self.ask()
        self.took_s = time.perf_counter() - started
        return _Done()


def run(only: str = "", samples: int = SAMPLES) -> Result:
    """Ordinary nodes and hubs, as one who sees everything and as a member who does not; and what
    taking events in takes. With `only`, a part of the word ingestion, nothing but that.
    """
    size = {"datasets": Dataset.objects.count(), "edges": DatasetEdge.objects.count()}
    if only and only in INGESTION:
        return Result("lineage", size, extra={INGESTION: _ingestion(samples)})
    if not size["edges"]:
        why = "there are no edges; see ./run scale --datasets"
        return Result("lineage", size, extra={"not measured": why, INGESTION: _ingestion(samples)})
    made = _made()
    hubs, ordinary = _hubs(), _ordinary(samples)
    cases = _cases(hubs, ordinary)
    figures = measure_together(cases)
    extra = {"snapshot": made, "hub": _hub_figures(hubs[0])}
    extra["max, ms"] = {case.name: _slowest(case) for case in cases}
    extra[INGESTION] = _ingestion(samples)
    return Result("lineage", size, figures=figures, extra=extra)


def _ingestion(samples: int) -> dict[str, Any]:
    return ingest_figures(samples * SINGLE // SAMPLES, max(1, samples * BATCHES // SAMPLES))


def _cases(hubs: Sequence[int], ordinary: Sequence[int]) -> list[Case]:
    busy = [hubs[n % len(hubs)] for n in range(HUB_SAMPLES)]
    hops, hub = Budget(response_p95_ms=HOPS_MS), Budget(response_p95_ms=HUB_MS)
    return [
        Case("5 hops, ordinary", _asking(STEWARD, ordinary, HOPS), hops),
        Case("5 hops, ordinary, member", _asking(MEMBER, ordinary, HOPS), hops),
        Case("5 hops, ordinary, plain SQL", _plainly(PLAIN_HOPS, ordinary)),
        Case("all downstream, ordinary", _asking(STEWARD, ordinary, None), hub),
        Case("all downstream, ordinary, member", _asking(MEMBER, ordinary, None), hub),
        Case("all downstream, ordinary, plain SQL", _plainly(PLAIN, ordinary[:HUB_SAMPLES])),
        Case("5 hops, hubs", _asking(STEWARD, busy, HOPS), hub),
        Case("all downstream, hubs", _asking(STEWARD, busy, None), hub),
        Case("all downstream, hubs, member", _asking(MEMBER, busy, None), hub),
        Case("all downstream, hubs, plain SQL", _plainly(PLAIN, busy[:SLOW_SAMPLES])),
    ]


def _asking(actor: Actor, roots: Sequence[int], depth: int | None) -> list[_Call]:
    questions = [Question(Level.DATASET, (root,), Direction.DOWNSTREAM, depth) for root in roots]
    return [_Call(partial(nearest, actor, each, FIRST)) for each in questions]


def _plainly(statement: str, roots: Sequence[int]) -> list[_Call]:
    return [_Call(partial(_count, statement, root)) for root in roots]


def _count(statement: str, root: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [root])
        return int(cursor.fetchone()[0])


def _slowest(case: Case) -> float:
    """Of the last time that each question was asked, ms."""
    return round(max(call.took_s for call in case.calls if isinstance(call, _Call)) * 1000, 2)


def _hubs() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(BUSIEST, [HUBS])
        return [pk for (pk,) in cursor.fetchall()]


def _ordinary(count: int) -> list[int]:
    """Nodes with edges, drawn by a fixed seed."""
    low, high = (
        DatasetEdge.objects.order_by(order).values_list("source_id", flat=True)[0]
        for order in ("source_id", "-source_id")
    )
    random = Random(SEED)  # noqa: S311 - drawn alike each time
    return [random.randint(low, high) for _ in range(count)]


def _made() -> dict[str, Any]:
    """Make a snapshot and say what it takes."""
    started = time.perf_counter()
    made = snapshot.build(Level.DATASET)
    built_s = time.perf_counter() - started
    started = time.perf_counter()
    snapshot.current(Level.DATASET)
    loaded_s = time.perf_counter() - started
    size, edges = snapshot.size_bytes(made), int(made.graph.out.rows.at[-1])
    return {
        "seconds to make": round(built_s, 2),
        "ms to load": round(loaded_s * 1000),
        "pairs": edges,
        "MB": round(size / 2**20, 1),
        "MB per million edges": round(size / 2**20 / max(edges, 1) * 1e6, 1),
    }


def _hub_figures(hub: int) -> dict[str, Any]:
    """What the busiest one reaches, by one way and by the other."""
    asked = Question(Level.DATASET, (hub,), Direction.DOWNSTREAM)
    found, member = everything(STEWARD, asked), everything(MEMBER, asked)
    return {
        "children": DatasetEdge.objects.filter(source=hub).count(),
        "reaches": len(found.nodes),
        "by plain SQL": _count(PLAIN, hub),
        "a member sees": int(member.seen.sum()),
        "load": [round(each, 1) for each in os.getloadavg()],
    }
