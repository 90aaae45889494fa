"""Locks between processes: the kernel drops them when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

POLL_S = 0.05


class FileLock:
    """An advisory lock on a file. Not for threads: one object, one holder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock, or change between shared and exclusive, without waiting.

        A change that is refused loses the lock that was held.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def acquire(self, *, shared: bool = False, timeout_s: float = 120) -> bool:
        """Take the lock; False when it was still held elsewhere after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not self.try_acquire(shared=shared):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_free(self) -> bool:
        """True when nobody holds the lock at this moment."""
        probe = FileLock(self.path)
        free = probe.try_acquire()
        probe.release()
        return free
