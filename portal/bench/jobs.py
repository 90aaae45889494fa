"""Jobs: how many a worker brings to their end, how soon one begins, and what a claim takes.

A job here has three steps that look names up in the catalogue and make nothing. All times stand
beside a floor of the same run: one small row, committed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Min
from django.test import override_settings

from accounts.actors import system_actor
from accounts.models import Domain, Team
from core.errors import Conflict
from core.ids import uuid7
from portal.bench.core import Result, Spread
from portal.ops.broker import Broker
from portal.ops.environment import PROJECT, data_dir
from provisioning.jobs.models import Instance, Operation, OperationStep, ScheduleTick
from provisioning.jobs.selectors import queue
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.leases import claim_next
from provisioning.jobs.states import OperationKind

JOBS = 100  # at once, for the throughput
SINGLE = 20  # one after the other, for the latency
QUEUED, DOMAINS, CLAIMS = 10_000, 50, 100
FLOOR_ROWS = 200
PATIENCE_S = 120.0
NOBODY = "redis://127.0.0.1:1/0"  # a broker that is not there
PLACE = "bench-jobs"
WORKER = (
    *("-m", "celery", "-A", "portal", "worker", "--pool", "prefork", "--concurrency", "1"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "error"),
)


def run(jobs: int = JOBS) -> Result:
    """Measure with a worker of one process, woken by a broker and without one.

    Raises:
        Conflict: a job does not end.
    """
    if queue().workers:
        why = "workers are at work here; take a data folder of its own"
        return Result("jobs", {}, extra={"not measured": why})
    floor_ms = committed_row_ms()
    extra: dict[str, Any] = {"floor: a row committed, ms": round(floor_ms, 2)}
    with ExitStack() as stack:
        stack.callback(_forget)
        extra[f"a claim among {QUEUED:,} queued of {DOMAINS} domains"] = claims(floor_ms)
        with woken_by_broker() as url, worker(url):
            extra["with broker"] = _measured(jobs, floor_ms)
        with override_settings(CELERY_BROKER_URL=""), worker(NOBODY):
            extra["pull only"] = _measured(jobs, floor_ms)
    return Result("jobs", {"jobs": jobs, "steps": 3, "worker processes": 1}, extra=extra)


def _measured(jobs: int, floor_ms: float) -> dict[str, Any]:
    all_ended([_accept()])  # the worker is there and warm
    many = [_accept() for _ in range(jobs)]
    all_ended(many)
    times = Operation.objects.filter(pk__in=many).aggregate(Min("started_at"), Max("finished_at"))
    each_ms = (times["finished_at__max"] - times["started_at__min"]).total_seconds() * 1000 / jobs
    first = Spread.of([_begins_after_ms() for _ in range(SINGLE)])
    return {
        "jobs a second": round(1000 / each_ms, 1),
        "ms a job": round(each_ms, 1),
        "× floor": round(each_ms / floor_ms, 1),
        "submit to first step, p50 ms": round(first.p50, 1),
        "p95 ms": round(first.p95, 1),
        "p50 × floor": round(first.p50 / floor_ms, 1),
    }


def _begins_after_ms() -> float:
    """From the commit of one job to its first step, by the database's clock."""
    operation = _accept()
    all_ended([operation])
    (waited,) = OperationStep.objects.filter(operation=operation, n=0).values_list(
        F("started_at") - F("operation__created_at")
    )[0]
    time.sleep(0.3 + 0.7 * (uuid4().int % 100) / 100)  # at any point of the worker's rhythm
    return float(waited.total_seconds() * 1000)


def _accept() -> Any:
    team, domain = _place()
    place = {"domain": domain.path, "team": team.slug, "slug": PLACE, "document_id": PLACE}
    return accept(
        instance_id=uuid7(),
        kind=OperationKind.PROVISION,
        title=PLACE,
        steps=[StepSpec(f"Look {n}", "catalog", "check", place) for n in range(3)],
        actor=system_actor(),
        new_instance=InstanceData("bench", PLACE, "", domain, team, "catalog"),
    ).pk


def all_ended(operations: list[Any]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while Operation.objects.active().filter(pk__in=operations).exists():
        if time.monotonic() > ends:
            raise Conflict("The jobs of the measurement do not end.")
        time.sleep(0.02)


def claims(floor_ms: float, *, queued: int = QUEUED) -> dict[str, float]:
    """What one claim takes while many wait; rolled back."""
    with transaction.atomic():
        _queue_many(queued)
        times = []
        for _ in range(CLAIMS):
            started = time.perf_counter()
            if claim_next("bench") is None:
                raise Conflict("Nothing could be claimed.")
            times.append((time.perf_counter() - started) * 1000)
        transaction.set_rollback(True)
    spread = Spread.of(times)
    return {
        "p50 ms": round(spread.p50, 2),
        "p95 ms": round(spread.p95, 2),
        "p50 × floor": round(spread.p50 / floor_ms, 2),
    }


def _queue_many(count: int) -> None:
    team, _ = _place()
    domains = Domain.objects.bulk_create(
        Domain(path=f"{PLACE}-{n}", name=PLACE, owner=team) for n in range(DOMAINS)
    )
    like = Operation.objects.get(pk=_accept())
    instances = Instance.objects.bulk_create(
        Instance(kind="bench", name=PLACE, domain=domains[n % DOMAINS], owner=team)
        for n in range(count)
    )
    Operation.objects.bulk_create(
        Operation(
            instance=instance,
            lane=instance.domain_id,
            kind=like.kind,
            title=PLACE,
            actor_id=0,
            spec={},
            driver_versions=like.driver_versions,
            deadline_at=like.deadline_at,
        )
        for instance in instances
    )


def committed_row_ms() -> float:
    """The median of one small row, committed."""
    times = []
    for _ in range(FLOOR_ROWS):
        tick = ScheduleTick(schedule=f"{PLACE}-{uuid4().hex}", tick_at="2000-01-01T00:00Z")
        started = time.perf_counter()
        tick.save(force_insert=True)
        times.append((time.perf_counter() - started) * 1000)
    ScheduleTick.objects.filter(schedule__startswith=PLACE).delete()
    return Spread.of(times).p50


def _place() -> tuple[Team, Domain]:
    domain, _ = Domain.objects.get_or_create(path=PLACE, defaults={"name": "Bench"})
    team, _ = Team.objects.get_or_create(slug=PLACE, defaults={"name": "Bench", "domain": domain})
    return team, domain


@contextmanager
def woken_by_broker() -> Iterator[str]:
    """The URL of the broker of the settings, or of one for the time being."""
    if settings.CELERY_BROKER_URL:
        yield settings.CELERY_BROKER_URL
        return
    broker = Broker(data_dir(os.environ))
    broker.launch()
    try:
        broker.wait()
        with override_settings(CELERY_BROKER_URL=broker.url):
            yield broker.url
    finally:
        broker.stop()


def worker(broker_url: str) -> AbstractContextManager[None]:
    """A worker of one process."""
    return running(WORKER, broker_url)


@contextmanager
def running(arguments: Sequence[str], broker_url: str) -> Iterator[None]:
    """A process of the portal's own, told to stop at the end."""
    process = subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, *arguments],
        env={**os.environ, "CELERY_BROKER_URL": broker_url},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _forget() -> None:
    """Take the jobs away again; the audit keeps that they were."""
    Operation.objects.filter(instance__kind="bench").delete()
    Instance.objects.filter(kind="bench").delete()
    Team.objects.filter(slug=PLACE).delete()
    Domain.objects.filter(path=PLACE).delete()
