"""A thread in each pool process that claims work by itself (RELIABILITY §3.3).

A dead broker, or a Celery that stopped consuming, costs seconds and nothing else.
"""

from __future__ import annotations

import mmap
import os
import random
import socket
import threading
import time
from typing import Any
from uuid import uuid4

import structlog
from celery import signals
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.db.models.functions import Now

from provisioning.jobs.models import Worker
from provisioning.jobs.services import reconciling, work

BUSY_S, IDLE_S = 1.0, 5.0  # between two looks
LAST_STEP_S = 120.0  # a step may take so long at shutdown
VERSION = "1"

log = structlog.get_logger(__name__)

# One byte that the parent shares with its pool processes (they are forked): 1 = stop at a border.
_stopping = mmap.mmap(-1, 1)


def should_stop() -> bool:
    """Whether this worker shuts down."""
    return _stopping[0] == 1


class Puller:
    """The pull thread of this process, and its row in the list of workers."""

    def __init__(self) -> None:
        self.owner = work.owner_name()
        self._id = uuid4()
        self._shown = -BUSY_S
        self._look = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._pull, name="pull", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the present step end, then end the thread."""
        self._ended.set()
        self._look.set()
        self._thread.join(timeout=LAST_STEP_S)

    def wake(self) -> None:
        """Run what is next; whatever else is due comes right after it."""
        try:
            close_old_connections()
            if work.run_next(self.owner, should_stop=self._must_stop):
                self._look.set()
        except (DatabaseError, InterfaceError) as error:
            _forget_connection(error)

    def _must_stop(self) -> bool:
        return self._ended.is_set() or should_stop()

    def _pull(self) -> None:
        wait_s = BUSY_S
        while not self._must_stop():
            try:
                close_old_connections()
                self._show_life()
                ran = work.run_next(self.owner, should_stop=self._must_stop)
                ran = reconciling.look_at_next() or ran
            except (DatabaseError, InterfaceError) as error:
                _forget_connection(error)
                ran = False
            except Exception:
                log.exception("pull.failed")
                ran = False
            wait_s = BUSY_S if ran else min(IDLE_S, wait_s * 1.5)
            if not ran:
                self._wait(wait_s)
        self._leave()

    def _wait(self, wait_s: float) -> None:
        woken = self._look.wait(wait_s * random.uniform(0.7, 1.0))  # noqa: S311 - jitter, no secret
        if woken:
            self._look.clear()

    def _show_life(self) -> None:
        if time.monotonic() - self._shown < BUSY_S:
            return
        self._shown = time.monotonic()
        Worker.objects.update_or_create(
            id=self._id,
            defaults={"last_seen": Now()},
            create_defaults={
                "host": socket.gethostname()[:200],
                "pid": os.getpid(),
                "version": VERSION,
            },
        )

    def _leave(self) -> None:
        try:
            Worker.objects.filter(pk=self._id).delete()
        except (DatabaseError, InterfaceError) as error:
            _forget_connection(error)
        finally:
            connection.close()


def _forget_connection(error: Exception) -> None:
    log.warning("ledger.unreachable", error=str(error).strip().splitlines()[:1])
    connection.close()


_here: Puller | None = None


def here() -> Puller:
    """The puller of this process; a process without a pool (solo) has one that never pulls."""
    global _here
    if _here is None:
        _here = Puller()
    return _here


@signals.worker_init.connect
def prepare(**_signal: Any) -> None:
    """A worker starts, perhaps forked from a process in which another one has ended."""
    global _stopping
    _stopping = mmap.mmap(-1, 1)


@signals.worker_process_init.connect
def begin(**_signal: Any) -> None:
    """A pool process was forked: start pulling with connections of its own."""
    global _here
    _here = Puller()
    _here.start()


@signals.worker_shutting_down.connect
def announce(**_signal: Any) -> None:
    """The parent was asked to end: its pool processes stop at the next border of a step."""
    _stopping[0] = 1


@signals.worker_process_shutdown.connect
def end(**_signal: Any) -> None:
    """A pool process ends: finish the step, give the operation back."""
    here().stop()
