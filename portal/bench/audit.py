"""The audit log: what sealing takes, and what it costs those who write meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection, transaction

from core import audit, sealing
from core.models import AuditSeal
from core.verifying import verify
from portal.bench.core import Result
from portal.ops.environment import PROJECT
from provisioning.jobs.selectors import queue

EVENTS = 100_000
GRANTED_S = 2.0  # to seal them
WRITERS = 4
ROUND_S = 1.5
PAIRS = 12
GRANTED = 1.05  # writing without a sealer, as a multiple of writing with one
ACTOR = "bench"
# As the sweepers do it, and five times as often.
SEALER = """
import django, time
django.setup()
from core.sealing import seal
while True:
    seal()
    time.sleep(1)
"""


def run(events: int = EVENTS) -> Result:
    """Seal and verify many events and roll them back; then write beside a sealer and without.

    The second part leaves its events in the log: they cannot be taken away.
    """
    if queue().workers:
        why = "workers are at work here; take a data folder of its own"
        return Result("audit", {}, extra={"not measured": why})
    while sealing.seal():
        pass
    extra = {"sealing": _sealing(events), "writing": _writing()}
    return Result("audit", {"events": events, "writers": WRITERS}, extra=extra)


def _sealing(events: int) -> dict[str, Any]:
    with transaction.atomic():
        audit.record_many(_event(n) for n in range(events))
        started = time.perf_counter()
        while sealing.seal():
            pass
        sealed_s = time.perf_counter() - started
        started = time.perf_counter()
        found = verify(Path(os.devnull))
        verified_s = time.perf_counter() - started
        transaction.set_rollback(True)
    return {
        "seconds": round(sealed_s, 2),
        "budget s": GRANTED_S * events / EVENTS,
        "ratio": round(sealed_s / (GRANTED_S * events / EVENTS), 2),
        "verified, all": found.sealed,
        "in s": round(verified_s, 2),
        "faults": found.faults,
    }


def _writing() -> dict[str, Any]:
    """Commits of one event a second, by turns with a sealer at work and with one asleep."""
    taken: dict[int, list[float]] = {signal.SIGSTOP: [], signal.SIGCONT: []}
    before = AuditSeal.objects.count()
    with _sealer() as process:
        for turn in range(PAIRS):
            for number in sorted(taken, reverse=bool(turn % 2)):
                process.send_signal(number)
                taken[number].append(_commits_a_second())
    alone, beside = taken.values()
    ratio = median(a / b for a, b in zip(alone, beside, strict=True))
    return {
        "commits/s alone": round(median(alone)),
        "beside a sealer": round(median(beside)),
        "sealed meanwhile": AuditSeal.objects.count() - before,
        "times as dear": round(ratio, 3),
        "granted": GRANTED,
        "verdict": "within" if ratio <= GRANTED else "over",
    }


def _commits_a_second() -> float:
    done: list[int] = []
    ends = time.monotonic() + ROUND_S

    def write() -> None:
        n = 0
        while time.monotonic() < ends:
            with transaction.atomic():
                audit.record_many([_event(n)])
            n += 1
        done.append(n)
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / ROUND_S


@contextmanager
def _sealer() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", SEALER], cwd=PROJECT, env=os.environ
    )
    try:
        time.sleep(3)  # it is there and warm
        yield process
    finally:
        process.kill()
        process.wait()


def _event(n: int) -> audit.AuditData:
    detail = {"version": f"1.{n % 7}.0", "before": "draft", "after": "active", "number": n}
    return audit.AuditData(ACTOR, "bench.written", "product", f"sales.product-{n}", detail)
