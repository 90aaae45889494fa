"""A receiver of the webhook driver, as `docs/reference/webhook.md` asks for one.

It knows nothing of the portal's code: signature, fence and memory are written from the page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.servers import Served

TOLERANCE_S = 300
Key = tuple[str, str, str]  # instance, kind, name


class Receiver(Served):
    """Keeps things in memory; one lock is its transaction."""

    path = "/hook"

    def __init__(self, secret: str) -> None:
        self.things: dict[Key, Any] = {}
        self.fences: dict[Key, int] = {}
        self.made: Counter[Key] = Counter()
        self.refused: set[str] = set()  # names for which there is no room
        self.requests: list[dict[str, Any]] = []
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._lock = threading.Lock()
        self.serve(self._handler())

    def answer(self, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and body for one request."""
        if not self._is_signed(headers, body):
            return 401, {"detail": "The signature is wrong or too old."}
        message = json.loads(body)
        if message["verb"] == "ping":
            return 200, {}
        thing = message["resource"]
        key = (message["instance"], thing["kind"], thing["name"])
        with self._lock:
            self.requests.append({**message, "key": headers.get("idempotency-key")})
            if message["verb"] == "observe":
                return 200, self._seen(key)
            if message["fence"] < self.fences.get(key, 0):
                return 409, {"error": "stale-fence", "fence": self.fences[key]}
            self.fences[key] = message["fence"]
            if message["verb"] == "absent":
                self.things.pop(key, None)
                return 200, self._seen(key)
            if thing["name"] in self.refused:
                return 422, {"detail": "No room for it."}
            return 200, self._made(key, thing)

    def _made(self, key: Key, thing: dict[str, Any]) -> dict[str, Any]:
        change = "keep"
        if self.things.get(key) != thing:
            change = "update" if key in self.things else "create"
            self.things[key] = thing
            self.made[key] += 1
        effect = {"kind": thing["kind"], "name": thing["name"], "change": change}
        return {**self._seen(key), "effects": [effect]}

    def _seen(self, key: Key) -> dict[str, Any]:
        return {"exists": key in self.things, "fence": self.fences.get(key)}

    def _is_signed(self, headers: Any, body: bytes) -> bool:
        event, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE_S:
            return False
        digest = hmac.new(self._key, f"{event}.{moment}.".encode() + body, hashlib.sha256).digest()
        wanted = "v1," + base64.b64encode(digest).decode()
        given = headers.get("webhook-signature", "").split(" ")
        return any(hmac.compare_digest(wanted.encode(), each.encode()) for each in given)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, said = receiver.answer(self.headers, body)
                text = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_arguments: Any) -> None:
                """Be quiet."""

        return Handler
