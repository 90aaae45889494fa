"""`python -m portal.ops.crew LOGS`: workers and sweeper, forked from one process.

Loading the portal takes seconds and 80 MB; here it is paid once for all of them.
"""

from __future__ import annotations

import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from types import FrameType

import django
from celery.bin.celery import main as celery
from django.conf import settings
from django.core.management import call_command

from portal.ops.collector import keep_what_is_loaded
from portal.ops.forks import fork
from portal.ops.services import Service

STOP_STEPS = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 2.0))
WATCH_S = 0.2  # pause between two looks at the children
NEEDED_LATER = (
    *("celery.apps.worker", "celery.bin.worker", "celery.concurrency.prefork", "celery.app.trace"),
    *("celery.worker.consumer", "celery.fixups.django", "kombu.transport.redis"),
)
WORKER = [
    *("celery", "--app", "portal.celery:app", "worker"),
    # Two pool processes, each with its own pull thread. Without the chatter between workers.
    *("--pool", "prefork", "--concurrency", "2", "--hostname", "portal@%h", "--loglevel", "INFO"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
]


class Crew:
    """The processes, and the wish to end."""

    def __init__(self, logs: Path) -> None:
        self.is_over = False
        self.services = [
            Service("worker", lambda: fork(work, logs / "worker.log"), stop_steps=STOP_STEPS),
            Service("sweeper", lambda: fork(sweep, logs / "sweeper.log"), stop_steps=STOP_STEPS),
        ]

    def run(self) -> None:
        """Keep all of them running until told to stop."""
        for service in self.services:
            service.start()
        while not self.is_over:
            for service in self.services:
                service.look_after(_say)
            time.sleep(WATCH_S)
        for service in self.services:
            service.tell_to_stop()
        for service in self.services:
            service.stop()

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        self.is_over = True


def work() -> None:
    sys.argv = WORKER
    celery()


def sweep() -> None:
    call_command("sweep")


def load() -> None:
    """Everything that the children will need, in memory that the collector leaves alone."""
    django.setup()
    import_module(settings.ROOT_URLCONF)
    for name in NEEDED_LATER:
        import_module(name)
    keep_what_is_loaded()


def main(arguments: list[str]) -> int:
    """Run until SIGTERM."""
    load()
    crew = Crew(Path(arguments[0]))
    signal.signal(signal.SIGTERM, crew.stop)
    crew.run()
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
