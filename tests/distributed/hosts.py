"""Two hosts, each with a web server, a worker and a sweeper, on servers that others run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg

from portal.ops.environment import PROJECT, DataDir, set_common
from portal.ops.preparation import migrate
from tests.chaos import shelf
from tests.chaos.proxy import free_port
from tests.chaos.stage import COMMANDS, LEASE_S

NAMES = ("a", "b")
SECRETS = {"SECRET_KEY": "hosts" * 10, "FIELD_KEYS": "k:" + "A" * 43}  # the same on every host


@dataclass(frozen=True)
class Servers:
    """Where the databases and the broker are."""

    owner_url: str  # of the portal's database, may change its tables
    app_url: str
    warehouse_url: str
    broker_url: str


class Host:
    """One machine: a data folder and three processes of its own."""

    def __init__(self, name: str, folder: Path, servers: Servers) -> None:
        self.name = name
        self.data = DataDir(folder)
        self.data.create()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        environ = {**os.environ, "PYTHONPATH": str(PROJECT), **SECRETS}
        set_common(environ, self.data)
        self.environ = environ | {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DATABASE_URL": servers.app_url,
            "DATABASE_OWNER_URL": servers.owner_url,
            "WAREHOUSE_URL": servers.warehouse_url,
            "CELERY_BROKER_URL": servers.broker_url,
            "CHAOS_SINK": str(folder.parent / "sink.log"),
            "GIT_FOLDER": str(folder.parent / "git"),  # shared, as the manual asks for
            "PORTAL_BIND": f"127.0.0.1:{free_port()}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "PORTAL_DB_POOL": "",
            "PORTAL_LEASE_S": str(LEASE_S),
        }

    @property
    def url(self) -> str:
        return f"http://{self.environ['PORTAL_BIND']}"

    def start(self, kind: str) -> None:
        environ = self.environ | {"PORTAL_DB_POOL": "1" if kind == "web" else ""}
        named = ["-n", f"worker-{self.name}@%h"] if kind == "worker" else []
        with self.data.log(kind).open("ab") as log:
            self.processes[kind] = subprocess.Popen(
                [sys.executable, *COMMANDS[kind], *named],
                env=environ,
                cwd=PROJECT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, kind: str) -> None:
        """kill -9 of the process and all its children."""
        process = self.processes.pop(kind)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()

    def is_ready(self) -> bool:
        with suppress(OSError):
            return bool(urlopen(f"{self.url}/livez", timeout=5).status == 200)
        return False

    def log_text(self) -> str:
        return "".join(p.read_text(errors="replace") for p in self.data.logs.glob("*.log"))


class Hosts:
    """A portal on two hosts; ends every process it started."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.servers = servers
        self.sink = folder / "sink.log"
        self.repositories = folder / "git"
        self.a, self.b = (Host(name, folder / name, servers) for name in NAMES)

    def __enter__(self) -> Hosts:
        migrate(self.a.data, self.a.environ)
        shelf.prepare(self.servers.warehouse_url)
        self.token = self._seeded()
        for host in (self.a, self.b):
            for kind in COMMANDS:
                host.start(kind)
        self._until_ready()
        return self

    def __exit__(self, *_error: object) -> None:
        for host in (self.a, self.b):
            for kind in list(host.processes):
                host.kill(kind)

    def logs(self) -> str:
        return self.a.log_text() + self.b.log_text()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Rows of the ledger."""
        with psycopg.connect(self.servers.owner_url) as ledger:
            return ledger.execute(query.encode()).fetchall()

    def until(self, query: str, *, within_s: float = 120) -> float:
        """Wait until the first column of the first row is true; returns the seconds it took."""
        started = time.monotonic()
        while time.monotonic() - started < within_s:
            if self.ask(query)[0][0]:
                return time.monotonic() - started
            time.sleep(0.05)
        raise AssertionError(f"{query} does not hold. {self.logs()[-3000:]}")

    def _until_ready(self) -> None:
        ends = time.monotonic() + 60
        while not (self.a.is_ready() and self.b.is_ready()):
            assert time.monotonic() < ends, self.logs()[-3000:]
            time.sleep(0.1)

    def _seeded(self) -> str:
        environ = self.a.environ | {"PORTAL_AS_OWNER": "1"}
        arguments = [sys.executable, "-m", "tests.chaos.seed"]
        done = subprocess.run(arguments, env=environ, cwd=PROJECT, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return done.stdout.decode()
