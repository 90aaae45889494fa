"""Real worker and sweeper processes, ended by the pid that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

import psutil
from django.db import connection

ROOT = Path(__file__).resolve().parents[3]
DEAD_BROKER = "redis://127.0.0.1:1/0"
WORKER = ("-m", "celery", "-A", "portal", "worker", "--pool", "prefork", "--concurrency", "1")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "warning")
SWEEPER = ("-m", "django", "sweep")


class Process:
    """A process in a session of its own; leaving the block ends it and its children."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            env=surroundings(environment),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """`kill -9` to the process and its children."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def terminate(self) -> None:
        """SIGTERM to the process alone."""
        self._process.terminate()

    def ask_to_end(self) -> None:
        """`terminate`, and return when Celery has said that it heard of it."""
        assert self._process.stdout
        self.terminate()
        said = iter(self._process.stdout.readline, "")
        assert any("Warm shutdown" in line for line in said), "it ended without a word"

    def has_child(self, pid: int) -> bool:
        return psutil.Process(pid).ppid() == self._process.pid

    def output(self, timeout_s: float = 60) -> str:
        """What it printed until its end, which must be a good one."""
        printed, _ = self._process.communicate(timeout=timeout_s)
        assert self._process.returncode == 0
        return printed.strip()

    def wait(self, timeout_s: float) -> int:
        """Its exit code."""
        return self._process.wait(timeout_s)


def worker(**environment: str) -> Process:
    return Process(*WORKER, *QUIET, **environment)


def sweeper(**environment: str) -> Process:
    return Process(*SWEEPER, "--every", "0.2", **environment)


def until(condition: Callable[[], bool], *, timeout_s: float = 30) -> None:
    """Return as soon as `condition` holds."""
    ends_at, pause = time.monotonic() + timeout_s, threading.Event()
    while not condition():
        assert time.monotonic() < ends_at, f"waited {timeout_s} s in vain"
        pause.wait(0.05)


def database_url() -> str:
    """The database of this test run."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def surroundings(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that works on it."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": DEAD_BROKER,
        **changes,
    }
