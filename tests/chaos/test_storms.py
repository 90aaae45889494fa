"""Many at once: one key, one instance, one domain; over HTTP, at a real web process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.chaos.checker import violations
from tests.chaos.clients import Load
from tests.chaos.evidence import Answer
from tests.chaos.seed import DOMAINS
from tests.chaos.stage import Stage
from tests.chaos.test_chaos_run import evidence_of, wait_for_the_end

BUSY, *SMALL_ONES = DOMAINS
WORKERS = ("worker-1", "sweeper-1")
HANDS = 2  # jobs that a worker of two processes does at once


@dataclass(frozen=True)
class Form:
    posts: int
    threads: int
    pairs: int
    queued: int


SHORT = Form(posts=300, threads=30, pairs=25, queued=20)
FULL = Form(posts=10_000, threads=100, pairs=5_000, queued=1_000)
FORMS = [pytest.param(SHORT, id="short"), pytest.param(FULL, id="full", marks=pytest.mark.nightly)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage"), crew=["web"]) as stage:
        yield stage


@pytest.fixture
def load(stage) -> Load:
    return Load(stage.url, stage.token, Random(1))


def body(domain: str = BUSY) -> dict[str, Any]:
    parameters = {
        "name": f"Thing {uuid4().hex[:12]}",
        "domain": domain,
        "team": f"{domain}-data",
        "purpose": "To see whether it comes alone.",
        "archetype": "source-aligned",
        "classification": "internal",
        "columns": [{"name": "id", "type": "string", "key": True}],
    }
    return {"blueprint": "chaos-shelf", "parameters": parameters, "purpose": "storm"}


def ask(stage: Stage, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(stage.ledger_url) as ledger:
        return ledger.execute(query, values).fetchall()


def instance_of(stage: Stage, request: str) -> tuple[str, str]:
    """Instance and operation of a request."""
    query = (
        "SELECT o.instance_id, o.id FROM jobs_operation o"
        " JOIN requests_request r ON r.operation_id = o.id WHERE r.id = %s"
    )
    ((instance, operation),) = ask(stage, query, request)
    return str(instance), str(operation)


@pytest.mark.parametrize("form", FORMS)
def test_one_key_from_many_threads_is_one_operation(stage, load, form, record_property):
    thing, key = body(), uuid4().hex
    before = ask(stage, "SELECT count(*) FROM jobs_operation")[0][0]
    started = time.monotonic()

    with ThreadPoolExecutor(form.threads) as threads:
        answers = list(
            threads.map(
                lambda _: load.call("POST", "/api/v1/requests", thing, key), range(form.posts)
            )
        )

    took_s = time.monotonic() - started
    statuses = Counter(status for status, _, _ in answers)
    told(record_property, statuses=dict(statuses), took_s=took_s)
    assert set(statuses) <= {202, 409}
    assert len({found["id"] for status, _, found in answers if status == 202}) == 1
    replayed = sum("idempotent-replayed" in headers for _, headers, _ in answers)
    assert replayed == statuses[202] - 1
    assert ask(stage, "SELECT count(*) FROM jobs_operation")[0][0] == before + 1


@pytest.mark.parametrize("form", FORMS)
def test_of_each_racing_pair_on_one_instance_one_is_accepted(stage, load, form, record_property):
    _, _, filed = load.call("POST", "/api/v1/requests", body(), uuid4().hex)
    instance, first = instance_of(stage, filed["id"])
    load.call("POST", f"/api/v1/operations/{first}/cancel", None, "")
    line, started = Barrier(2), time.monotonic()

    def renew(_: int) -> tuple[int, dict[str, Any]]:
        line.wait(30)
        status, _, found = load.call("POST", f"/api/v1/chaos/renew/{instance}", None, "")
        return status, found

    outcomes: Counter[tuple[Any, ...]] = Counter()
    with ThreadPoolExecutor(2) as pair:
        for _ in range(form.pairs):
            answers = sorted(pair.map(renew, range(2)), key=lambda answer: answer[0])
            outcomes[tuple(found.get("type", status) for status, found in answers)] += 1
            for status, found in answers:
                if status == 202:
                    load.call("POST", f"/api/v1/operations/{found['id']}/cancel", None, "")

    told(record_property, outcomes=dict(outcomes), took_s=time.monotonic() - started)
    assert outcomes == {(202, "/problems/concurrency-error"): form.pairs}
    states = ask(
        stage,
        "SELECT state, count(*) FROM jobs_operation WHERE instance_id = %s GROUP BY 1",
        instance,
    )
    assert states == [("cancelled", form.pairs + 1)]


@pytest.mark.parametrize("form", FORMS)
def test_nobody_waits_for_what_one_domain_queued(stage, load, form, record_property):
    def queue(domain: str) -> str:
        key = uuid4().hex
        status, _, found = load.call("POST", "/api/v1/requests", body(domain), key)
        assert status == 202, found
        load.answers.append(Answer(key, found["id"]))
        return instance_of(stage, found["id"])[1]

    with ThreadPoolExecutor(8) as threads:
        many = set(threads.map(queue, [BUSY] * form.queued))
    few = {queue(domain) for domain in SMALL_ONES}

    for name in WORKERS:
        stage.start(name)
    took_s, quiet_at = wait_for_the_end(stage, within_s=60 + 2 * form.queued)
    for name in WORKERS:
        stage.stop(name)

    claimed = ask(stage, "SELECT id::text FROM jobs_operation ORDER BY claimed_at")
    order = [operation for (operation,) in claimed if operation in many | few]
    last = max(order.index(each) for each in few)
    told(record_property, last_of_the_few=last + 1, of=len(order), took_s=took_s)
    assert len(order) == form.queued + len(few)
    assert last < 2 * len(few) + HANDS  # each had its turn beside one of the many
    assert violations(evidence_of(stage, load, quiet_at)) == []


def told(record_property, **figures: object) -> None:
    for name, value in figures.items():
        record_property(name, value)
