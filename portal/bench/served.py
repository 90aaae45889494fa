"""The portal behind its own web server, as scripts reach it, for as long as something is measured.

The web server imports this module before the portal is there: nothing of the portal's models here.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection

from portal.ops.processes import end_session, spawn, stop

URLCONF = "BENCH_URLCONF"  # in the environment of the web server
START_S = 60
STEPS = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status_code: int


Get = Callable[[str, Mapping[str, str]], Answer]


def application() -> WSGIHandler:
    """For gunicorn: the portal with the addresses of the module that `BENCH_URLCONF` names."""
    settings.ROOT_URLCONF = os.environ[URLCONF]
    return get_wsgi_application()


@contextmanager
def served(urlconf: str) -> Iterator[Get]:
    """`get(path, headers)` over one connection that stays open.

    Raises:
        TimeoutError: it does not answer after a minute; its log is in the message.
    """
    port = _free_port()
    env = {
        **os.environ,
        URLCONF: urlconf,
        "DATABASE_URL": _database_url(),
        "PORTAL_BIND": f"{HOST}:{port}",
        "PORTAL_DB_POOL": "1",
    }
    argv = [
        *(sys.executable, "-m", "gunicorn", "--config", "python:portal.ops.gunicorn_conf"),
        f"{__name__}:application()",
    ]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "web.log"
        process = spawn(argv, env=env, log=log, cwd=str(settings.BASE_DIR))
        try:
            yield _connected(port, log)
        finally:
            stop(process, STEPS)
            end_session(process)


def _database_url() -> str:
    """Of the database that this process uses; a test has one of its own beside what is set."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _connected(port: int, log: Path) -> Get:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with suppress(OSError, HTTPException):
            get = _over(HTTPConnection(HOST, port))
            if get("/livez", {}).status_code == 200:
                return get
        time.sleep(0.2)
    raise TimeoutError(f"The web server does not answer: {log.read_text()[-2_000:]}")


def _over(connection: HTTPConnection) -> Get:
    def get(path: str, headers: Mapping[str, str]) -> Answer:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        return Answer(answer.status)

    return get
