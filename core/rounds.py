"""Work of a schedule that waits for others, beside whoever keeps the schedule."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.db import close_old_connections, connection, transaction

log = structlog.get_logger(__name__)


class Round:
    """A piece of work in a thread with a connection of its own, one at a time in a process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()

    @property
    def is_going_on(self) -> bool:
        return self._lock.locked()

    def begin(self, work: Callable[[], object]) -> None:
        """Start when the transaction around is committed; not at all while one is going on.

        What `work` raises is logged and ends this round only.
        """
        thread = threading.Thread(target=self._run, args=(work,), name=self._name, daemon=True)
        transaction.on_commit(thread.start)

    def _run(self, work: Callable[[], object]) -> None:
        if not self._lock.acquire(blocking=False):
            return
        try:
            close_old_connections()
            work()
        except Exception:
            log.exception("round.failed", round=self._name)
        finally:
            connection.close()
            self._lock.release()
