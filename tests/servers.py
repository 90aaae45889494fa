"""What the test doubles of systems outside have in common: a real HTTP server in a thread."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Served:
    """Something behind a free port of 127.0.0.1; `path` is where it listens."""

    path = "/"

    def serve(self, handler: type[BaseHTTPRequestHandler]) -> None:
        """Begin to answer."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}{self.path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
