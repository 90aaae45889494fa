"""A RabbitMQ of Debian's package, in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.chaos.proxy import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_S = 60.0


class Rabbit:
    """The server and, below it, what it starts; ends with the group."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        conf = folder / "rabbitmq.conf"
        inside = "distribution.listener.interface = 127.0.0.1"
        conf.write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n{inside}\n")
        epmd, dist = free_port(), free_port()
        self.environ = os.environ | {
            "HOME": str(folder),
            "RABBITMQ_CONFIG_FILE": str(conf),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_NODENAME": f"meshport{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(dist),
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self.log = folder / "stdout.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def __enter__(self) -> Rabbit:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(SERVER)], env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        ends = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < ends, self.log.read_text()[-3000:]
            time.sleep(0.2)
        return self

    def __exit__(self, *_error: object) -> None:
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
            probe.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(probe.recv(1))
        return False
