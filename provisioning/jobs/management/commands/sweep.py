"""The sweeper; any number of them may run."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from provisioning.jobs.services.sweeping import sweep

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Re-send what nobody took, hand out events, run schedules. Runs until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two rounds")
        parser.add_argument("--once", action="store_true", help="one round, then end")

    def handle(self, *, every: float, once: bool, **_options: object) -> None:
        if once:
            sweep()
            return
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: ended.set())
        while not ended.is_set():
            _round()
            ended.wait(every)


def _round() -> None:
    """One round that survives an absent database."""
    try:
        close_old_connections()
        sweep()
    except (DatabaseError, InterfaceError) as error:
        log.warning("ledger.unreachable", error=str(error).strip().splitlines()[:1])
        connection.close()
