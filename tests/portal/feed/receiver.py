"""A receiver of webhooks: a real server that trusts only the official library's check."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.servers import Served


class EventReceiver(Served):
    """Keeps what was signed with the secret; answers with what `statuses` says, then 204."""

    path = "/events"

    def __init__(self) -> None:
        self.secret = ""
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.refused = 0
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}  # sent along with each answer
        self.wait = threading.Event()
        self.wait.set()
        self.serve(self._handler())

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status for one request."""
        self.wait.wait(20)
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.refused += 1
            return 401
        if self.statuses:
            return self.statuses.pop(0)
        self.ids.append(headers["webhook-id"])
        self.events.append(json.loads(body))
        return 204

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(receiver.take(headers, body))
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        return Handler
