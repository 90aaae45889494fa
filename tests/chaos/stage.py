"""A whole portal in a data folder of its own; processes that end are started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import psutil
import psycopg

from portal.ops.broker import Broker
from portal.ops.environment import PROJECT, DataDir, set_common
from portal.ops.postgres import Postgres, load_place
from portal.ops.postgres_roles import OWNER, WAREHOUSE
from portal.ops.preparation import migrate
from tests.chaos import shelf
from tests.chaos.proxy import Proxy, free_port

LEASE_S = 3
COMMANDS = {
    "web": ("-m", "gunicorn", "--config", "python:portal.ops.gunicorn_conf", "portal.wsgi"),
    "worker": (
        *("-m", "celery", "-A", "portal", "worker", "--pool", "prefork", "--concurrency", "2"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "warning"),
    ),
    "sweeper": ("-m", "django", "sweep", "--every", "0.5"),
}


CREW = ("web", "worker-1", "worker-2", "sweeper-1", "sweeper-2")


class Stage:
    """Web, two workers of two processes each, two sweepers, broker, database and warehouse."""

    def __init__(self, folder: Path, crew: Sequence[str] = CREW, *, lease_s: int = LEASE_S) -> None:
        self.crew, self.lease_s = crew, lease_s
        self.data = DataDir(folder)
        self.data.create()
        self.postgres = Postgres(self.data)  # as for people: what is committed survives a crash
        self.sink = folder / "sink.log"
        self.environ: dict[str, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look_after, daemon=True)

    def __enter__(self) -> Stage:
        self.postgres.join()
        self._set_environment()
        migrate(self.data, self.environ)
        shelf.prepare(self.warehouse_url)
        self.token = self._python("-m", "tests.chaos.seed")
        self.broker.launch()
        self.broker.wait()
        for name in self.crew:
            self.start(name)
        self._watch.start()
        self.until_ready()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._watch.join()
        for name in list(self.processes):
            self.stop(name)
        self.broker.stop()
        self.proxy.close()
        self.postgres.leave()

    @property
    def url(self) -> str:
        return f"http://{self.environ['PORTAL_BIND']}"

    @property
    def ledger_url(self) -> str:
        return self.postgres.url(OWNER)

    @property
    def warehouse_url(self) -> str:
        return self.postgres.url(WAREHOUSE, "warehouse")

    def until_ready(self, timeout_s: float = 60) -> None:
        ends = time.monotonic() + timeout_s
        while not self.is_ready():
            assert time.monotonic() < ends, self.logs()[-3000:]
            time.sleep(0.1)

    def is_ready(self) -> bool:
        with suppress(OSError):
            return bool(urlopen(f"{self.url}/livez", timeout=5).status == 200)
        return False

    def postmaster(self) -> psutil.Process:
        place = load_place(self.postgres.folder)
        assert place is not None
        first = (Path(place.cluster) / "postmaster.pid").read_text().splitlines()[0]
        return psutil.Process(int(first))

    def empty_broker(self) -> None:
        """kill -9, and a new one that knows nothing."""
        assert self.broker.process
        self.broker.process.kill()
        self.broker.process.wait()
        for path in sorted(self.broker.folder.glob("appendonlydir/*")):
            path.unlink()
        self.broker.launch()
        self.broker.wait()

    def logs(self) -> str:
        return "".join(p.read_text(errors="replace") for p in self.data.logs.glob("*.log"))

    def _set_environment(self) -> None:
        self.environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "WAREHOUSE_URL", "CELERY_BROKER_URL"):
            self.environ.pop(name, None)
        set_common(self.environ, self.data)
        place = load_place(self.postgres.folder)
        assert place is not None
        self.proxy = Proxy(place.port)
        self.broker = Broker(self.data)
        parts = urlsplit(self.warehouse_url)
        who = parts.netloc.rpartition("@")[0]
        far = urlunsplit(parts._replace(netloc=f"{who}@127.0.0.1:{self.proxy.port}"))
        self.environ |= {
            **self.postgres.environment(),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "PORTAL_BIND": f"127.0.0.1:{free_port()}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "PORTAL_DB_POOL": "",
            "PORTAL_LEASE_S": str(self.lease_s),
            "WAREHOUSE_URL": far,
            "CELERY_BROKER_URL": self.broker.url,
            "CHAOS_SINK": str(self.sink),
        }

    def _python(self, *arguments: str) -> str:
        environ = {**self.environ, "PORTAL_AS_OWNER": "1"}
        done = subprocess.run(
            [sys.executable, *arguments], env=environ, cwd=PROJECT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return done.stdout.decode()

    def start(self, name: str) -> None:
        """A process that is started again when it ends."""
        environ = {**self.environ, "PORTAL_DB_POOL": "1" if name == "web" else ""}
        with self.data.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *_command(name)],
                env=environ,
                cwd=PROJECT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, name: str) -> None:
        """For good, and at once."""
        self._end(self.processes.pop(name))

    def _look_after(self) -> None:
        while not self._ended.wait(0.1):
            for name, process in list(self.processes.items()):
                if process.poll() is not None:
                    self.start(name)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(name: str) -> list[str]:
    kind = name.partition("-")[0]
    named = ["-n", f"{name}@%h"] if kind == "worker" else []
    return [*COMMANDS[kind], *named]


def database_answers(url: str) -> bool:
    with suppress(psycopg.Error):
        psycopg.connect(url, connect_timeout=2).close()
        return True
    return False
