"""The whole portal under load while everything is killed, stalled and cut off."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

import psycopg
import pytest

from tests.chaos import shelf
from tests.chaos.checker import violations
from tests.chaos.clients import Load
from tests.chaos.evidence import Delivery, Evidence
from tests.chaos.faults import STALL, Trouble
from tests.chaos.places import Repositories, things_in
from tests.chaos.report import Figures, write
from tests.chaos.stage import Stage

BURST = 40  # requests that measure what the stage can do
END_WITHIN_S = 180.0
PAUSE_S = (0.5, 4.0)
AN_HOUR = {"faults": 200, "stalls": 40, "operations": 10_000, "effects": 30_000}
OPEN = (
    "SELECT (SELECT count(*) FROM jobs_operation WHERE state NOT IN"
    " ('succeeded', 'failed', 'cancelled')) + (SELECT count(*) FROM core_outboxevent"
    " WHERE handled_at IS NULL AND dead_at IS NULL)"
)


@dataclass(frozen=True)
class Form:
    seconds: float
    pause_s: tuple[float, float]  # between two faults
    calm_s: float  # under the same load, before the first fault
    least: Mapping[str, int]  # of what the run must have seen

    def lasts(self, rate: float) -> float:
        """Seconds under faults at so many requests a second; a slow machine takes longer."""
        return max(self.seconds, self.least.get("operations", 0) / rate)


def run(folder: Path, form: Form, seed: int) -> tuple[list[str], Figures]:
    random = Random(seed)
    with Stage(folder) as stage:
        load = Load(stage.url, stage.token, random)
        capacity = measured(stage, load)
        calm = in_calm(load, capacity / 2, form.calm_s)
        trouble = Trouble(stage, random, form.pause_s)
        thread = threading.Thread(target=trouble.run, daemon=True)
        started = time.monotonic()
        thread.start()
        load.offer(capacity / 2, form.lasts(capacity / 2))
        trouble.told_to_end = True
        thread.join(60)
        load.settle()
        drained_s, quiet_at = wait_for_the_end(stage)
        found = violations(evidence_of(stage, load, quiet_at))
        figures = Figures.of(stage, load, trouble.done, capacity, calm, time.monotonic() - started)
        figures.drained_s = drained_s
    return found, figures


def measured(stage: Stage, load: Load) -> float:
    """Requests a second that come to their end, undisturbed."""
    load.offer(100, 0.1)
    load.settle_accepted(10)
    wait_for_the_end(stage)
    started = time.monotonic()
    load.offer(1000, BURST / 1000)
    load.settle_accepted(10 + BURST)
    wait_for_the_end(stage)
    return BURST / (time.monotonic() - started)


def in_calm(load: Load, rate: float, seconds: float) -> list[float]:
    """How long each request took to be accepted, in ms; those before are forgotten."""
    load.took_ms.clear()
    load.offer(rate, seconds)
    calm = sorted(load.took_ms)
    load.took_ms.clear()
    return calm


def wait_for_the_end(stage: Stage, within_s: float = END_WITHIN_S) -> tuple[float, datetime]:
    """How long it took until nothing was open any more, and when that was by the ledger's clock.

    Checks go on by their schedule, so a moment later something may be open again.
    """
    started = time.monotonic()
    now, left = None, None  # not known while the database comes up after a fault
    while time.monotonic() - started < within_s:
        with suppress(psycopg.OperationalError), psycopg.connect(stage.ledger_url) as ledger:
            asked = ledger.execute(f"SELECT clock_timestamp(), ({OPEN})")
            now, left = asked.fetchone() or (None, None)
        if left == 0 and now is not None:
            return time.monotonic() - started, now
        time.sleep(0.1)
    raise AssertionError(f"{left} operations and events are still open. {stage.logs()[-3000:]}")


def evidence_of(stage: Stage, load: Load, quiet_at: datetime) -> Evidence:
    lines = stage.sink.read_text().split("\n")[:-1] if stage.sink.exists() else []
    return Evidence(
        stage.ledger_url,
        stage.warehouse_url,
        load.answers,
        [Delivery(*line.split(" ", 1)) for line in lines],
        [shelf.CANARY],
        [stage.logs()],
        things_in(Repositories(stage.data.root / "git")),
        quiet_at=quiet_at,
    )


def holds(found: list[str], figures: Figures, form: Form) -> None:
    assert found == []
    assert figures.unsettled == 0
    assert figures.unfriendly == []
    seen = {
        "faults": sum(figures.faults.values()),
        "stalls": figures.faults[STALL],
        "operations": figures.operations,
        "effects": figures.effects,
    }
    assert {name: n for name, n in seen.items() if n < form.least.get(name, 0)} == {}, seen


@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_doubled_or_left_over_in_a_short_run(tmp_path, request, seed):
    form = Form(seconds=30, pause_s=(0.2, 1.0), calm_s=2, least={"faults": 9})

    found, figures = run(tmp_path, form, seed)

    write(figures, found, request.config.getoption("--chaos-report"))
    holds(found, figures, form)


@pytest.mark.chaos
def test_nothing_is_lost_doubled_or_left_over_in_a_long_run(tmp_path, request):
    seconds = request.config.getoption("--chaos-seconds")
    form = Form(seconds, PAUSE_S, calm_s=30, least={"faults": int(seconds / 15)})

    found, figures = run(tmp_path, form, seed=20261126)

    write(figures, found, request.config.getoption("--chaos-report"))
    holds(found, figures, form)


@pytest.mark.nightly
def test_nothing_is_lost_doubled_or_left_over_in_an_hour(tmp_path, request):
    form = Form(seconds=3600, pause_s=(2.0, 20.0), calm_s=120, least=AN_HOUR)

    found, figures = run(tmp_path, form, seed=int(time.time()))

    write(figures, found, request.config.getoption("--chaos-report"))
    holds(found, figures, form)
