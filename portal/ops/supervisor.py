"""`up`: a whole portal on this machine, started in order, watched, and stopped in order."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import time
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import psycopg

from portal.ops.broker import Broker
from portal.ops.environment import (
    DEMO_ACCOUNTS,
    DataDir,
    data_dir,
    fill_in,
    set_common,
    uses_embedded_broker,
    uses_embedded_database,
)
from portal.ops.errors import CannotRun, reason
from portal.ops.locks import FileLock
from portal.ops.postgres import Postgres
from portal.ops.preparation import (
    Command,
    build_static,
    compile_code,
    is_migrated,
    migrate,
    static_is_built,
)
from portal.ops.processes import bound_log, last_line
from portal.ops.services import Service, portal_services

HOST = "127.0.0.1"
READY_TIMEOUT_S = 90
WATCH_S = 0.2  # pause between two looks at the children
SLOW_WATCH_S = 2.0  # between two looks at the database's keeper and the size of logs


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C or SIGTERM.

    Raises:
        CannotRun: something is missing or broken; nothing of ours runs any more.
    """
    options = _parse(arguments)
    data = data_dir(os.environ)
    data.create()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with ExitStack() as stack:
        try:
            Supervisor(data, options, stack).run()
        except KeyboardInterrupt:
            say("Stopping …")
        finally:
            _ignore_signals()
    say("Stopped.")
    return 0


class Supervisor:
    """What it starts, it registers with `stack`, which ends all of it in reverse order."""

    def __init__(self, data: DataDir, options: Namespace, stack: ExitStack) -> None:
        self.data = data
        self.port: int = options.port
        self.wants_demo = not options.empty
        self.stack = stack
        self.environ = dict(os.environ)
        self.postgres: Postgres | None = None
        self.services: list[Service] = []

    def run(self) -> None:
        self._claim_data_dir()
        _require_free_port(self.port)
        self._set_environment()
        compile_code()
        static = build_static(self.data, self.environ)
        if static is not None:
            self.stack.callback(static.stop)
        broker = self._start_broker()
        self._open_database()
        if broker is not None:
            broker.wait()
        if self.postgres is None or not is_migrated(self.data):
            say("Preparing the tables …")
            migrate(self.data, self.environ)
        company = self._company()
        web, crew = portal_services(self.data, self.environ)
        demo = self._begin_demo() if company == "new" else None
        say("Starting workers, sweeper and web server …")
        self._start(crew)
        if static is not None:
            static.wait()
            static_is_built(self.data, self.environ)
        self._start(web)
        if demo is not None:
            demo.wait()
            self._company_record.write_text("demo")
        self._wait_until_ready()
        self._welcome()
        self._watch()

    def _begin_demo(self) -> Command:
        """The demo loads while the services start; what workers do not take it does itself."""
        say("Loading the demo company …")
        command = Command(["demo"], self.data, self.environ)
        self.stack.callback(command.stop)
        return command

    def _claim_data_dir(self) -> None:
        lock = FileLock(self.data.root / "up.lock")
        address = self.data.root / "address"
        if not lock.try_acquire():
            where = address.read_text().strip() if address.exists() else "starting"
            raise CannotRun(
                f"A portal already runs on {self.data.root} ({where}); "
                "stop it, or use another --data-dir and --port."
            )
        self.stack.callback(lock.release)
        self.stack.callback(address.unlink, missing_ok=True)
        address.write_text(f"{self._own_url}\n")

    def _set_environment(self) -> None:
        set_common(self.environ, self.data)
        hosts = [
            *filter(None, self.environ.get("ALLOWED_HOSTS", "").split(",")),
            HOST,
            "localhost",
        ]
        self.environ["ALLOWED_HOSTS"] = ",".join(dict.fromkeys(hosts))
        self.environ["PORTAL_BIND"] = f"{HOST}:{self.port}"
        # Arenas: glibc gives each thread its own, which costs idle memory.
        fill_in(self.environ, {"PORTAL_URL": self._own_url, "MALLOC_ARENA_MAX": "2"})

    @property
    def _own_url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def _start_broker(self) -> Broker | None:
        if not uses_embedded_broker(self.environ):
            return None
        broker = Broker(self.data)
        self._start(Service("broker", broker.launch))
        self.environ["CELERY_BROKER_URL"] = broker.url
        return broker

    def _open_database(self) -> None:
        if not uses_embedded_database(self.environ):
            require_database(self.environ["DATABASE_URL"])
            return
        say("Starting the database …")
        self.postgres = Postgres(self.data)
        self.stack.callback(self.postgres.leave)
        self.postgres.join()
        fill_in(self.environ, self.postgres.environment())

    def _company(self) -> str:
        """`new` (load the demo), `demo` or `empty`, and the settings that follow from it."""
        record = self._company_record
        if not record.exists() and not self.wants_demo:
            record.write_text("empty")
        company = record.read_text().strip() if record.exists() else "new"
        if company != "empty":
            self.environ.setdefault("PORTAL_DEMO", "1")
        return company

    @property
    def _company_record(self) -> Path:
        """What this database was first filled with."""
        if self.postgres is not None:
            return self.data.root / "company"
        parts = urlsplit(self.environ["DATABASE_URL"])
        name = f"{parts.hostname}:{parts.port}{parts.path}?{parts.query}"
        return self.data.root / f"company-{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    def _start(self, *services: Service) -> None:
        for service in services:
            self.stack.callback(service.stop)
            service.start()
            self.services.append(service)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            status, text = readiness(HOST, self.port)
            if status == http.client.OK:
                return
            self._watch_services()
            broken = next((one for one in self.services if one.starts > 3), None)
            if broken is not None:
                log = self.data.log(broken.name)
                raise CannotRun(f"The {broken.name} does not stay up: {last_line(log)} ({log})")
            if time.monotonic() > deadline:
                raise CannotRun(f"The portal does not get ready: {text}; see {self.data.logs}.")
            time.sleep(WATCH_S)

    def _welcome(self) -> None:
        say(f"Portal ready: {self._own_url}")
        if self.environ.get("PORTAL_DEMO") == "1":
            say(f"Accounts: {', '.join(DEMO_ACCOUNTS)} — password: {self.data.demo_password}")
        say("Ctrl-C stops it.")

    def _watch(self) -> None:
        next_slow_look = time.monotonic()
        while True:
            self._watch_services()
            if time.monotonic() >= next_slow_look:
                next_slow_look = time.monotonic() + SLOW_WATCH_S
                self._watch_database()
                for log in self.data.logs.glob("*.log"):
                    bound_log(log)
            time.sleep(WATCH_S)

    def _watch_services(self) -> None:
        for service in self.services:
            service.look_after(say)

    def _watch_database(self) -> None:
        if self.postgres is not None:
            try:
                self.postgres.ensure()
            except CannotRun as error:
                say(str(error))


def require_database(url: str) -> None:
    """Raises CannotRun when nothing answers at `url`; the password is not shown."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise CannotRun(
            f"The database of DATABASE_URL cannot be used: {reason(error)} — start it or mend the "
            "URL, or unset DATABASE_URL for the embedded one."
        ) from error


def readiness(host: str, port: int) -> tuple[int, str]:
    """Status of /readyz (0: nobody answers) and what it says, in one line."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, _facts(answer.status, answer.read(4000))
    except (OSError, http.client.HTTPException) as error:
        return 0, f"the web server does not answer ({error})"
    finally:
        connection.close()


def say(text: str) -> None:
    print(text, flush=True)


def _facts(status: int, body: bytes) -> str:
    with suppress(ValueError):
        return json.dumps(json.loads(body))
    return f"/readyz answers {status}"


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotRun(
                f"Port {port} cannot be used ({error.strerror}): free it, or choose another one "
                "with --port."
            ) from error


def _parse(arguments: list[str]) -> Namespace:
    parser = ArgumentParser(prog="./run up", description="Run a whole portal on this machine.")
    parser.add_argument("--empty", action="store_true", help="without the demo company")
    parser.add_argument("--port", type=int, default=8000, help="of the web server (default 8000)")
    return parser.parse_args(arguments)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()  # a second Ctrl-C must not interrupt the stopping
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
