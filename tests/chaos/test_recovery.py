"""How long the portal needs to go on after a fault, with the lease that people have."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, NamedTuple
from uuid import uuid4

import psutil
import pytest
from django.conf import settings

from tests.chaos.clients import Load
from tests.chaos.stage import Stage, database_answers
from tests.chaos.test_chaos_run import wait_for_the_end
from tests.chaos.test_storms import ask, body, instance_of

pytestmark = pytest.mark.chaos

ROUNDS = 10
LEASE_S: int = settings.LEASE_S
IDLE_S = 12  # after that workers look as seldom as they ever do
POST_EVERY_S = 0.2
OUTAGE_S = 20.0
WAIT_S = 4.0  # that the first ones of an outage may wait for it to end
AFTER_S = 4.0  # posts go on for so long after the database is back
TAKEN_OVER = """
SELECT extract(epoch FROM min(at) - %s::timestamptz)::float FROM jobs_operationlog
WHERE operation_id = %s AND text LIKE 'taken over%%'
"""
CLAIMED = """
SELECT extract(epoch FROM claimed_at - %s::timestamptz)::float FROM jobs_operation WHERE id = %s
"""
AT_WORK = """
SELECT o.lease_owner FROM jobs_operation o JOIN jobs_operationstep s ON s.operation_id = o.id
WHERE o.id = %s AND s.state = 'intent'
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage"), lease_s=LEASE_S) as stage:
        yield stage


@pytest.fixture
def load(stage) -> Load:
    return Load(stage.url, stage.token, Random(1))


@pytest.fixture(scope="module")
def told(request) -> Iterator[Callable[[str, list[float], float], None]]:
    """Notes figures for the report: what, seconds of each round, and the budget."""
    rows: list[str] = []

    def note(what: str, took_s: list[float], budget_s: float) -> None:
        ordered = sorted(took_s)
        middle = ordered[len(ordered) // 2]
        figures = f"{ordered[0]:.1f} / {middle:.1f} / {ordered[-1]:.1f} s"
        rows.append(f"| {what} | {len(ordered)} | {figures} | {budget_s:.0f} s |")

    yield note
    path = request.config.getoption("--chaos-report")
    if path:
        Path(path).write_text(_page(rows))


def test_the_job_of_a_killed_worker_runs_again_soon_after_its_lease(stage, load, told):
    took_s = []
    for _ in range(ROUNDS):
        stage.proxy.mood = "blackhole"  # so that a worker has the job in hand
        operation = filed(stage, load)
        owner = eventually(lambda each=operation: ask(stage, AT_WORK, each))
        pid = int(owner.split(":")[1])
        killed_at = now(stage)
        os.kill(pid, signal.SIGKILL)
        stage.proxy.mood = "pass"
        took_s.append(
            eventually(lambda at=killed_at, each=operation: ask(stage, TAKEN_OVER, at, each))
        )
        wait_for_the_end(stage)

    told("a job whose worker was killed in a step runs again after", took_s, LEASE_S + 2)
    assert max(took_s) <= LEASE_S + 2


def test_an_emptied_broker_costs_seconds(stage, load, told):
    """The messages were in it when it lost them: nobody had fetched one."""
    took_s = []
    for _ in range(ROUNDS):
        time.sleep(IDLE_S)
        each_worker(stage, signal.SIGSTOP)
        operation = filed(stage, load)
        stage.empty_broker()
        resumed_at = now(stage)
        each_worker(stage, signal.SIGCONT)
        took_s.append(claimed_after(stage, operation, resumed_at))
        wait_for_the_end(stage)

    told("a job whose message the broker lost begins after", took_s, 5)
    assert max(took_s) <= 5


def test_without_a_broker_jobs_begin_later_and_not_never(stage, load, told):
    took_s = []
    for _ in range(ROUNDS):
        time.sleep(IDLE_S)
        assert stage.broker.process
        stage.broker.process.kill()
        stage.broker.process.wait()
        filed_at = now(stage)
        operation = filed(stage, load)
        took_s.append(claimed_after(stage, operation, filed_at))
        stage.broker.launch()
        stage.broker.wait()
        wait_for_the_end(stage)

    told("a job that is asked for while there is no broker begins after", took_s, 5)
    assert max(took_s) <= 5


def test_when_the_database_is_back_requests_are_accepted_again(stage, load, told):
    took_s, refused = [], 0
    for _ in range(ROUNDS):
        answers, back_at = posts_while_the_database_is_away(stage, load)
        assert unfriendly(answers) == []
        refused += sum(each.status == 503 for each in answers)
        took_s.append(accepting_after(answers, back_at))
        wait_for_the_end(stage)

    told(f"accepting, once PostgreSQL is back (meanwhile {refused} × 503)", took_s, 3)
    assert refused > 0
    assert max(took_s) <= 3


def test_a_long_outage_keeps_nobody_waiting_during_and_after_it(stage, load, told):
    answers, back_at = posts_while_the_database_is_away(stage, load, outage_s=OUTAGE_S)

    wait_for_the_end(stage)
    meanwhile = [each.took_s for each in answers if each.status == 503]
    told(f"being told to come back, in an outage of {OUTAGE_S:.0f} s", meanwhile, WAIT_S)
    told("accepting after that outage", [accepting_after(answers, back_at)], 3)
    assert unfriendly(answers) == []
    assert len(meanwhile) > OUTAGE_S / POST_EVERY_S / 2
    assert max(meanwhile) <= WAIT_S
    assert sorted(meanwhile)[len(meanwhile) // 2] < 1
    assert accepting_after(answers, back_at) <= 3


class Told(NamedTuple):
    """An answer."""

    at: float
    took_s: float
    status: int
    headers: dict[str, str]


def posts_while_the_database_is_away(
    stage: Stage, load: Load, *, outage_s: float = 0
) -> tuple[list[Told], float]:
    """Every answer to a steady stream of posts, and when the database was back."""
    answers: list[Told] = []
    ended = Event()

    def post() -> None:
        started = time.monotonic()
        status, given, _ = load.call("POST", "/api/v1/requests", body(), uuid4().hex)
        answers.append(Told(time.monotonic(), time.monotonic() - started, status, given))

    def stream(threads: ThreadPoolExecutor) -> None:
        while not ended.wait(POST_EVERY_S):
            threads.submit(post)

    with ThreadPoolExecutor(64) as threads, ThreadPoolExecutor(1) as beside:
        beside.submit(stream, threads)
        time.sleep(1)
        take_away_the_database(stage, outage_s)
        while not database_answers(stage.ledger_url):
            time.sleep(0.02)
        back_at = time.monotonic()
        time.sleep(AFTER_S)
        ended.set()
    return answers, back_at


def take_away_the_database(stage: Stage, seconds: float) -> None:
    """Kill it, and keep its keeper asleep for so long."""
    [keeper] = [
        each
        for each in psutil.process_iter(["cmdline"])
        if {"portal.ops.postgres_keeper", str(stage.data.root)} <= {*(each.info["cmdline"] or ())}
    ]
    keeper.suspend()
    stage.postmaster().kill()
    while database_answers(stage.ledger_url):  # its processes end a moment after it
        time.sleep(0.01)
    time.sleep(seconds)
    keeper.resume()


def unfriendly(answers: Iterable[Told]) -> list[Told]:
    """Those that are neither yes nor when to come back."""
    return [
        each
        for each in answers
        if each.status != 202 and not (each.status == 503 and "retry-after" in each.headers)
    ]


def accepting_after(answers: Iterable[Told], back_at: float) -> float:
    return min(each.at for each in answers if each.status == 202 and each.at > back_at) - back_at


def filed(stage: Stage, load: Load) -> str:
    """The operation of a new request."""
    status, _, found = load.call("POST", "/api/v1/requests", body(), uuid4().hex)
    assert status == 202, found
    return instance_of(stage, found["id"])[1]


def claimed_after(stage: Stage, operation: str, since: object) -> float:
    return eventually(lambda: ask(stage, CLAIMED, since, operation))


def now(stage: Stage) -> object:
    return ask(stage, "SELECT clock_timestamp()")[0][0]


def eventually(rows: Callable[[], list[tuple[Any, ...]]], within_s: float = 90) -> Any:
    """The first value that is one."""
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        found = [value for (value,) in rows() if value is not None]
        if found:
            return found[0]
        time.sleep(0.02)
    raise AssertionError("it does not happen")


def each_worker(stage: Stage, number: signal.Signals) -> None:
    for name, process in stage.processes.items():
        if name.startswith("worker"):
            parent = psutil.Process(process.pid)
            for each in [parent, *parent.children(recursive=True)]:
                os.kill(each.pid, number)


def _page(rows: list[str]) -> str:
    table = "\n".join(rows)
    return f"""# What it takes to go on after a fault
Written by `./run test -m chaos tests/chaos/test_recovery.py --chaos-report FILE`, which starts a
whole portal with the lease that people have ({LEASE_S} s), hurts it and reads the ledger's clock
([how](ledger.md)).

| what | times | least / middle / most | budget |
| --- | --- | --- | --- |
{table}
"""
