"""Processes of the portal that are kept running: started again, slower each time, when they end."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from portal.ops.environment import PROJECT, DataDir
from portal.ops.processes import Process, Steps, bound_log, end_session, spawn, stop

CALM_S = 60  # a process that ran this long starts again without a pause
FIRST_PAUSE_S = 0.5
MAX_PAUSE_S = 30.0
# Longer than what a part of the crew may take to end, so that the crew can end its parts.
STOP_STEPS: Steps = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 3.0))


@dataclass
class Service:
    """One process that should always run."""

    name: str
    launch: Callable[[], Process]
    process: Process | None = None
    stop_steps: Steps = STOP_STEPS
    starts: int = 0
    _failures: int = field(default=0, repr=False)
    _started_at: float = field(default=0.0, repr=False)
    _start_again_at: float | None = field(default=None, repr=False)

    def start(self) -> None:
        self._started_at = time.monotonic()
        self._start_again_at = None
        self.starts += 1
        self.process = self.launch()

    def look_after(self, say: Callable[[str], None]) -> None:
        """Reap the process if it ended, and start it again when its pause is over."""
        if self._start_again_at is not None:
            if time.monotonic() >= self._start_again_at:
                self.start()
        elif self.process is not None and self.process.poll() is not None:
            end_session(self.process)
            pause_s = self._next_pause_s()
            self._start_again_at = time.monotonic() + pause_s
            say(
                f"{self.name} ended ({self.process.returncode}); starting it again in {pause_s:g} s"
            )

    def tell_to_stop(self) -> None:
        """Begin to stop, without waiting."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_steps[0][0])

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, self.stop_steps)
            end_session(self.process)

    def _next_pause_s(self) -> float:
        calm = time.monotonic() - self._started_at > CALM_S
        self._failures = 0 if calm else self._failures + 1
        return min(MAX_PAUSE_S, FIRST_PAUSE_S * 2.0**self._failures)


def portal_services(data: DataDir, environ: Mapping[str, str]) -> list[Service]:
    """The web server, and the crew of workers and sweeper."""
    web = {"PORTAL_DB_POOL": "1", "PORTAL_STATIC_BUILT": "1"}
    crew = ["-m", "portal.ops.crew", str(data.logs)]
    return [
        _python_service("web", GUNICORN, data, {**environ, **web}),
        _python_service("crew", crew, data, environ),
    ]


GUNICORN = [
    *("-m", "gunicorn", "--config", "python:portal.ops.gunicorn_conf"),
    "portal.wsgi:application",
]


def _python_service(
    name: str, arguments: list[str], data: DataDir, environ: Mapping[str, str]
) -> Service:
    log = data.log(name)

    def launch() -> Process:
        bound_log(log)
        return spawn([sys.executable, *arguments], env=environ, log=log, cwd=str(PROJECT))

    return Service(name, launch)
