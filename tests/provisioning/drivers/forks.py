"""A worker that dies at a border of an HTTP exchange: a fork, so it takes no second."""

from __future__ import annotations

import os
from collections.abc import Callable

from django.db import connections
from httpcore2._backends.sync import SyncStream

from tests.provisioning.drivers.kit import DIED

BORDERS = ("before", "sent", "answered")


def dies(work: Callable[[], object], border: str, *, at: tuple[bytes, ...]) -> Callable[[], None]:
    """Runs `work` in a process that ends at `border` of the first request that begins with `at`."""

    def run() -> None:
        connections.close_all()  # the two must not share one
        pid = os.fork()
        if pid == 0:
            _die_at(border, at)
            try:
                work()
            finally:  # it was to have died: the exit code tells that it has not
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == DIED

    return run


def _die_at(border: str, at: tuple[bytes, ...]) -> None:
    write, read = SyncStream.write, SyncStream.read
    armed: list[bool] = []

    def dying_write(self: SyncStream, buffer: bytes, timeout: float | None = None) -> None:
        if buffer.startswith(at):
            armed.append(True)
            if border == "before":
                os._exit(DIED)
        write(self, buffer, timeout)

    def dying_read(self: SyncStream, max_bytes: int, timeout: float | None = None) -> bytes:
        if armed and border == "sent":
            os._exit(DIED)
        found = read(self, max_bytes, timeout)
        if armed:
            os._exit(DIED)  # answered, but nobody will know
        return found

    SyncStream.write, SyncStream.read = dying_write, dying_read  # type: ignore[method-assign]
