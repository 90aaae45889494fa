"""The embedded PostgreSQL as its users see it: take part, get URLs, leave.

Each process that uses the server holds a shared lock. One keeper process starts the server, reaps
it, restarts it after a crash, and stops it when nobody holds that lock any more, so that neither
a crash nor kill -9 of a user leaves a server behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from portal.ops.environment import PROJECT, DataDir, socket_url
from portal.ops.errors import CannotRun
from portal.ops.locks import FileLock
from portal.ops.postgres_roles import APP, ATTRIBUTES, OWNER, SUPERUSER, WAREHOUSE

START_TIMEOUT_S = 90
KEEPER_BUSY = 3  # exit code: another keeper is at work
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """Where the server of a data folder is; kept there as `postgres/place.json`."""

    cluster: str
    socket_folder: str
    port: int
    prepared: bool = False  # roles and databases exist

    def save(self, folder: Path) -> None:
        draft = folder / f".place.{os.getpid()}"
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n")
        draft.replace(folder / "place.json")


def load_place(folder: Path) -> Place | None:
    """The recorded place; None before the first start."""
    with suppress(FileNotFoundError):
        return Place(**json.loads((folder / "place.json").read_text()))
    return None


class Postgres:
    """The embedded server of one data folder."""

    def __init__(self, data: DataDir, *, throwaway: bool = False) -> None:
        """`throwaway`: the data may be lost in a crash of the machine (tests)."""
        self.data = data
        self.folder = data.postgres
        self.throwaway = throwaway
        self.start_lock = FileLock(self.folder / "start.lock")  # who starts or stops the server
        self.users_lock = FileLock(self.folder / "users.lock")  # shared: who uses it
        self.keeper_lock = FileLock(self.folder / "keeper.lock")  # who keeps it
        self._keeper: subprocess.Popen[bytes] | None = None

    def join(self) -> None:
        """Start the server if nobody did, and keep it until `leave` or our end.

        Raises:
            CannotRun: it does not start; the message has the reason.
        """
        if not self.start_lock.acquire(timeout_s=START_TIMEOUT_S):
            raise CannotRun(
                "Another process has been starting the database for too long; try again."
            )
        try:
            if not self.users_lock.acquire(shared=True, timeout_s=10):
                raise CannotRun("The database is just being stopped; try again.")
            self._wait_until_ready()
        except BaseException:
            self._stop_when_unused()
            raise
        finally:
            self.start_lock.release()

    def leave(self) -> None:
        """Stop using the server; the last one to leave waits until it has ended."""
        if not self.start_lock.acquire():
            self.users_lock.release()  # the keeper will notice
            return
        try:
            self._stop_when_unused()
        finally:
            self.start_lock.release()

    def ensure(self) -> None:
        """Have the server started again if its keeper is gone."""
        if self.keeper_lock.is_free():
            if self._keeper is not None:
                self._keeper.communicate()
                self._keeper = None
            self.users_lock.release()
            self.join()

    def is_ready(self) -> bool:
        """Whether the application's role can really log in."""
        place = load_place(self.folder)
        if place is None or not place.prepared:
            return False
        try:
            psycopg.connect(self.url(APP), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def password(self, role: str) -> str:
        return self.data.secret(f"postgres_{role}")

    def passwords(self) -> dict[str, str]:
        return {role: self.password(role) for role in (SUPERUSER, *ATTRIBUTES)}

    def url(self, role: str, database: str = "portal") -> str:
        """Raises CannotRun before the first start."""
        place = load_place(self.folder)
        if place is None:
            raise CannotRun("The embedded database was never started.")
        return socket_url(role, self.password(role), place.socket_folder, place.port, database)

    def environment(self) -> dict[str, str]:
        """What settings need to know; consumers reach the warehouse by TCP."""
        place = load_place(self.folder)
        return {
            "DATABASE_URL": self.url(APP),
            "DATABASE_OWNER_URL": self.url(OWNER),
            "WAREHOUSE_URL": self.url(WAREHOUSE, "warehouse"),
            "WAREHOUSE_PUBLIC_HOST": HOST,
            "WAREHOUSE_PUBLIC_PORT": str(place.port if place else ""),
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.is_ready():
            if self._keeper is None:
                self._keeper = self._start_keeper()
            elif self._keeper.poll() is not None:
                self._explain(self._keeper)
                self._keeper = None
            elif time.monotonic() > deadline:
                raise CannotRun(f"The database did not start in time; see {self._server_log}.")
            time.sleep(0.03)

    def _start_keeper(self) -> subprocess.Popen[bytes]:
        options = ["--throwaway"] if self.throwaway else []
        with self.data.log("postgres-keeper").open("ab") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "portal.ops.postgres_keeper",
                    str(self.data.root),
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PROJECT,
                start_new_session=True,
            )

    def _explain(self, keeper: subprocess.Popen[bytes]) -> None:
        output = keeper.communicate()[0].decode(errors="replace").strip()
        if keeper.returncode != KEEPER_BUSY:
            raise CannotRun(output or f"The database did not start; see {self._server_log}.")

    @property
    def _server_log(self) -> Path:
        return self.data.log("postgres")

    def _stop_when_unused(self) -> None:
        """Under `start_lock`, so nobody joins meanwhile."""
        others = not self.users_lock.try_acquire()
        self.users_lock.release()
        if not others:
            self._wait_for_keeper()
        elif self._keeper is not None:
            self._keeper.poll()

    def _wait_for_keeper(self) -> None:
        """The keeper sees that nobody is left; it needs up to 13 s when the server is stubborn."""
        self.users_lock.release()
        (self.folder / "stop").touch()
        self.keeper_lock.acquire(timeout_s=20)
        self.keeper_lock.release()
        if self._keeper is not None:
            with suppress(subprocess.TimeoutExpired):
                self._keeper.communicate(timeout=5)
            self._keeper = None
