"""What goes wrong in a chaos run. Each fault ends or hurts one process by its pid, or one line."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random

import psutil

from tests.chaos.stage import LEASE_S, Stage, database_answers

STALL_S = 2.0 * LEASE_S
LINE_S = 4.0  # how long the line to the target is disturbed
Fault = Callable[[Stage, Random], None]


def kill_child(stage: Stage, random: Random) -> None:
    """One of a worker's pool processes."""
    _kill(_pool_process(stage, random))


def kill_parent(stage: Stage, random: Random) -> None:
    """A worker's main process."""
    _kill(stage.processes[random.choice(["worker-1", "worker-2"])].pid)


def kill_web(stage: Stage, random: Random) -> None:
    """The process that answers, or the one that keeps it."""
    master = stage.processes["web"].pid
    _kill(random.choice([master, *_children(master)]))


def kill_sweeper(stage: Stage, random: Random) -> None:
    _kill(stage.processes[random.choice(["sweeper-1", "sweeper-2"])].pid)


def empty_broker(stage: Stage, random: Random) -> None:
    stage.empty_broker()


def kill_postmaster(stage: Stage, random: Random) -> None:
    """The ledger and the warehouse are away until the keeper has brought them back."""
    with suppress(psutil.Error, FileNotFoundError):
        stage.postmaster().kill()
    ends = time.monotonic() + 60
    while not database_answers(stage.ledger_url):
        assert time.monotonic() < ends, "the database does not come back"
        time.sleep(0.1)


def kill_backend(stage: Stage, random: Random) -> None:
    """One server process: the others are thrown out, and the server recovers."""
    with suppress(psutil.Error, FileNotFoundError, IndexError):
        backends = [p for p in stage.postmaster().children() if "portal_app" in _words(p)]
        random.choice(backends).kill()


def stall(stage: Stage, random: Random) -> None:
    """A pool process sleeps for twice its lease, then goes on as if nothing had been."""
    pid = _pool_process(stage, random)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(STALL_S)
        os.kill(pid, signal.SIGCONT)


def disturb_line(stage: Stage, random: Random) -> None:
    stage.proxy.mood = random.choice(["delay", "blackhole", "reset"])
    time.sleep(LINE_S)
    stage.proxy.mood = "pass"


STALL = "stalled for twice the lease"
FAULTS: dict[str, Fault] = {
    "child killed": kill_child,
    "worker killed": kill_parent,
    "web killed": kill_web,
    "sweeper killed": kill_sweeper,
    "broker killed and emptied": empty_broker,
    "postmaster killed": kill_postmaster,
    "database backend killed": kill_backend,
    STALL: stall,
    "line to the target disturbed": disturb_line,
}
# Often what workers must bear every day; seldom what takes everybody down.
WEIGHTS = (6, 3, 2, 2, 1, 1, 1, 5, 2)


class Trouble:
    """Faults one after the other, each kind at least once, until told to end."""

    def __init__(self, stage: Stage, random: Random, pause_s: tuple[float, float]) -> None:
        self._stage, self._random, self._pause_s = stage, random, pause_s
        self.done: Counter[str] = Counter()
        self.told_to_end = False

    def run(self) -> None:
        first = list(FAULTS)
        while not self.told_to_end:
            time.sleep(self._random.uniform(*self._pause_s))
            name = first.pop(0) if first else self._random.choices([*FAULTS], WEIGHTS)[0]
            FAULTS[name](self._stage, self._random)
            self.done[name] += 1


def _pool_process(stage: Stage, random: Random) -> int:
    """A child that works: not the one that only watches."""
    ends = time.monotonic() + 60  # a worker that was just killed needs a while to come up
    while time.monotonic() < ends:
        children = _children(stage.processes[random.choice(["worker-1", "worker-2"])].pid)
        if children:
            return random.choice(children)
        time.sleep(0.1)
    raise AssertionError("no worker comes up")


def _children(pid: int) -> list[int]:
    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def _words(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
