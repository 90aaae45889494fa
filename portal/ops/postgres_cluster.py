"""One PostgreSQL data directory: made, started, prepared and stopped by the keeper."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg

from portal.ops.environment import SOCKET_PATH_MAX
from portal.ops.errors import CannotRun
from portal.ops.postgres import HOST, Place, Postgres, load_place
from portal.ops.postgres_install import base_folders, can, find_install
from portal.ops.postgres_roles import (
    APP,
    HBA,
    PORTAL_RULES,
    SUPERUSER,
    WAREHOUSE_RULES,
    apply_rules,
    make_roles,
)
from portal.ops.processes import bound_log, last_line, run_as, spawn, stop

READY_TIMEOUT_S = 60
PORTS = range(15432, 32000)  # below the ports that Linux gives to outgoing connections
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
# Fast shutdown; it can hang during crash recovery, then immediate, then the kernel's.
STOP_STEPS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0))
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "min_wal_size": "32MB",
    "max_wal_size": "1GB",  # or much of what is written is whole pages, again and again
    "io_method": "sync",  # no pool of I/O processes: idle memory
    "random_page_cost": "1.1",  # what is asked often is in memory, disks are flash
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
SHARE_OF_MEMORY, LEAST_MB, MOST_MB = 16, 64, 512  # shared_buffers: a sixteenth, within bounds
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster:
    """The server process and its files. One object per keeper."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.install = find_install()
        self.log = postgres.data.log("postgres")
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when the application's role can log in.

        Raises:
            CannotRun: the server ended or did not answer in time.
        """
        place = self._placed(load_place(self.postgres.folder) or self._create())
        self._end_orphan(Path(place.cluster))
        bound_log(self.log)
        self._server = self._spawn(place)
        self._wait(SUPERUSER if not place.prepared else APP)
        if not place.prepared:
            self._prepare()
            replace(place, prepared=True).save(self.postgres.folder)

    def is_alive(self) -> bool:
        """Reaps the server when it has ended."""
        bound_log(self.log)
        return self._server is not None and self._server.poll() is None

    def stop(self) -> None:
        if self._server is not None:
            stop(self._server, STOP_STEPS)

    def _create(self) -> Place:
        """A new, empty cluster; a half-made one of an interrupted start is thrown away."""
        home = self._home()
        cluster, draft = home / "cluster", home / "cluster.draft"
        for leftover in (cluster, draft):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            draft.mkdir(mode=0o700)
            self._give_away(draft)
            self._initdb(draft)
            draft.rename(cluster)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        place = Place(str(cluster), str(home / "run"), _free_port())
        place.save(self.postgres.folder)
        return place

    def _home(self) -> Path:
        """A folder for cluster and socket that the server's user owns and reaches."""
        home = self.postgres.folder / "home"
        home.mkdir(mode=0o700, exist_ok=True)
        account = self.install.account
        if account is None:
            return home
        self._give_away(home)
        if not can(account, "-w", home):
            home.rmdir()
            home = Path(tempfile.mkdtemp(prefix="data-", dir=base_folders(account)[0]))
            self._give_away(home)
        return home

    def _give_away(self, folder: Path) -> None:
        if self.install.account is not None:
            os.chown(folder, self.install.account.uid, self.install.account.gid)

    def _initdb(self, cluster: Path) -> None:
        password_file = cluster.with_name("password")
        password_file.touch(mode=0o600)
        password_file.write_text(self.postgres.password(SUPERUSER))
        self._give_away(password_file)
        result = run_as(
            self.install.account,
            [
                self.install.bin / "initdb",
                f"--pgdata={cluster}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            env=CLEAN_ENVIRONMENT,
        )
        password_file.unlink()
        if result.returncode != 0:
            raise CannotRun(_reason("The database could not be created", result.stderr))

    def _placed(self, place: Place) -> Place:
        """The place with what may have changed since the last start: socket folder and port."""
        if not can(self.install.account, "-d", Path(place.cluster)):
            raise CannotRun(
                f"The database folder {place.cluster} is gone or closed: bring it back, or start "
                "afresh with another --data-dir."
            )
        folder = Path(place.socket_folder)
        socket_name = f".s.PGSQL.{place.port}"
        if len(os.fsencode(folder / socket_name)) > SOCKET_PATH_MAX or not folder.parent.is_dir():
            folder = Path(tempfile.mkdtemp(prefix="meshport-", dir="/tmp"))
        folder.mkdir(mode=0o700, exist_ok=True)
        self._give_away(folder)
        changed = replace(place, socket_folder=str(folder))
        if not _is_free(place.port):
            changed = replace(changed, port=_free_port())
        if changed != place:
            changed.save(self.postgres.folder)
        return changed

    def _spawn(self, place: Place) -> subprocess.Popen[bytes]:
        rules = Path(place.cluster) / "pg_hba.conf"
        rules.write_text(HBA)
        self._give_away(rules)
        settings = SETTINGS | {
            "port": str(place.port),
            "unix_socket_directories": place.socket_folder,
            "shared_buffers": f"{buffers_mb(psutil.virtual_memory().total)}MB",
            **(THROWAWAY if self.postgres.throwaway else {}),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return spawn(
            [str(self.install.bin / "postgres"), "-D", place.cluster, *options],
            env=CLEAN_ENVIRONMENT,
            log=self.log,
            account=self.install.account,
            death_signal=signal.SIGINT,
        )

    def _wait(self, role: str) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._answers(role):
            if not self.is_alive():
                raise CannotRun(_reason("The database ended at its start", last_line(self.log)))
            if time.monotonic() > deadline:
                raise CannotRun(f"The database does not answer; see {self.log}.")
            time.sleep(0.02)

    def _answers(self, role: str) -> bool:
        database = "postgres" if role == SUPERUSER else "portal"
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.postgres.url(role, database), connect_timeout=2).close()
            return True
        return False

    def _prepare(self) -> None:
        passwords = self.postgres.passwords()
        with psycopg.connect(self.postgres.url(SUPERUSER, "postgres"), autocommit=True) as server:
            make_roles(server, passwords)
        for database, rules in (
            ("portal", PORTAL_RULES),
            ("warehouse", WAREHOUSE_RULES),
        ):
            with psycopg.connect(self.postgres.url(SUPERUSER, database)) as connection:
                apply_rules(connection, rules)

    def _end_orphan(self, cluster: Path) -> None:
        """We hold the keeper's lock, so a server of this cluster is a dead keeper's, if one lives.

        Its pid file may as well name a stranger: pids start again after a reboot.
        """
        pid_file = cluster / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            if process.name() == "postgres" and str(cluster) in process.cmdline():
                for number, wait_s in STOP_STEPS:
                    process.send_signal(number)
                    with suppress(psutil.TimeoutExpired):
                        process.wait(wait_s)
        pid_file.unlink(missing_ok=True)


def buffers_mb(memory_bytes: int) -> int:
    """How much of the machine's memory PostgreSQL keeps pages in; the search tables want to fit."""
    return max(LEAST_MB, min(MOST_MB, memory_bytes // 2**20 // SHARE_OF_MEMORY))


def _reason(what: str, output: str) -> str:
    if "No space left on device" in output or os.strerror(errno.ENOSPC) in output:
        return f"{what}: the disk is full; free some space or use --data-dir."
    last = next(
        (line for line in reversed(output.splitlines()) if line.strip()),
        "no reason given",
    )
    return f"{what}: {last.strip()}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    for port in random.sample(PORTS, 200):
        if _is_free(port):
            return port
    raise CannotRun(f"No free port on {HOST} between {PORTS.start} and {PORTS.stop}.")
