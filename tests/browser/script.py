"""A program that calls the portal's REST interface with one user's token."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from tests.browser.conftest import Portal

JSON = "application/json"
TIMEOUT_S = 120


class Script:
    """Calls the portal's REST interface with one user's token."""

    def __init__(self, portal: Portal, user: str) -> None:
        self.portal = portal
        self.token = portal.run("token", user, "--scope", "read", "--scope", "write")

    def get(self, path: str, accept: str = JSON) -> str:
        return self._send(path, None, "GET", {"Accept": accept})

    def post(self, path: str, **values: Any) -> Any:
        return json.loads(self.send(path, json.dumps(values).encode(), JSON))

    def put(self, path: str, **values: Any) -> Any:
        return json.loads(self.send(path, json.dumps(values).encode(), JSON, method="PUT"))

    def send(self, path: str, body: bytes, media: str, *, method: str = "POST") -> str:
        return self._send(path, body, method, {"Content-Type": media, "Accept": JSON})

    def _send(self, path: str, body: bytes | None, method: str, headers: dict[str, str]) -> str:
        request = urllib.request.Request(
            f"{self.portal.url}/api/v1/{path}",
            body,
            {"Authorization": f"Bearer {self.token}", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:2000]}") from error
