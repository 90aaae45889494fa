"""A TCP proxy between workers and their target that delays, swallows or cuts on demand."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Literal

Mood = Literal["pass", "delay", "blackhole", "reset"]
DELAY_S = 0.3  # for each piece, in each direction


class Proxy:
    """Listens on a port of its own; `mood` holds for open and for new connections."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self.mood: Mood = "pass"
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._to, timeout=5)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.mood == "delay":
                    time.sleep(DELAY_S)
                while self.mood == "blackhole":
                    time.sleep(0.05)
                if self.mood == "reset":
                    _cut(source)
                    _cut(sink)
                    return
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _cut(connection: socket.socket) -> None:
    """RST instead of a farewell."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
