"""`python -m portal.ops.postgres_keeper DATA_DIR`: parent of the embedded PostgreSQL server."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from portal.ops.environment import DataDir
from portal.ops.errors import CannotRun
from portal.ops.postgres import KEEPER_BUSY, Postgres
from portal.ops.postgres_cluster import Cluster

POLL_S = 0.1
CALM_S = 60  # a server that ran this long is restarted at once
MAX_PAUSE_S = 30


class Keeper:
    """Keeps one server alive as long as anybody uses it."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.cluster = Cluster(postgres)
        self.stop_file = postgres.folder / "stop"
        self.told_to_stop = False
        self._failures = 0
        self._started_at = 0.0

    def run(self) -> None:
        """Start the server, and return when it has been stopped."""
        self.stop_file.unlink(missing_ok=True)
        self._start()
        try:
            while not self._is_over():
                if not self.cluster.is_alive():
                    self._restart()
                time.sleep(POLL_S)
        finally:
            self.cluster.stop()

    def tell_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.told_to_stop = True

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self.cluster.start()

    def _is_over(self) -> bool:
        """Told to stop, or unused. The last user to leave holds `start_lock` and leaves a word."""
        if self.told_to_stop:
            return True
        users = self.postgres.users_lock
        if self.stop_file.exists():
            self.stop_file.unlink()
            return users.is_free()
        starting = self.postgres.start_lock
        if not starting.try_acquire():
            return False
        if users.try_acquire():
            return True  # both locks stay ours until the server has ended
        starting.release()
        return False

    def _restart(self) -> None:
        """Bring a crashed server back; slower each time it does not stay."""
        self._failures = 0 if time.monotonic() - self._started_at > CALM_S else self._failures + 1
        time.sleep(min(MAX_PAUSE_S, 0.1 * 2**self._failures))
        print(
            f"server ended, start number {self._failures + 1}",
            file=sys.stderr,
            flush=True,
        )
        try:
            self._start()
        except CannotRun as error:
            print(error, file=sys.stderr, flush=True)


def main(argv: list[str]) -> int:
    """Exit code 0: stopped as wished; 1: not started, reason on stdout; 3: another one runs."""
    os.umask(0o077)
    data = DataDir(Path(argv[0]))
    postgres = Postgres(data, throwaway="--throwaway" in argv)
    if not postgres.keeper_lock.try_acquire():
        return KEEPER_BUSY
    keeper = Keeper(postgres)
    signal.signal(signal.SIGTERM, keeper.tell_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        keeper.run()
    except CannotRun as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
