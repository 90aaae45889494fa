"""Clients that ask for things, repeat what got no answer, and write down what they were told."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.chaos.evidence import Answer

REPEATED = 0.1  # share of calls that are sent again with their key, though they were answered
REMOVED = 0.3  # share of requests that are taken away again
REFUSED = 0.1  # share whose last step the target refuses
REAL = 0.1  # share made in the warehouse and the catalogue by the built-in blueprint
PATIENCE_S = 120.0


@dataclass
class Load:
    """Posts at a fixed rate from many threads, whatever the answers are (open loop)."""

    url: str
    token: str
    random: random.Random
    answers: list[Answer] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)  # 0: no answer
    took_ms: list[float] = field(default_factory=list)  # of those accepted at the first try
    unsettled: list[str] = field(default_factory=list)
    unfriendly: list[str] = field(default_factory=list)  # refusals that say not when to come back
    _threads: list[threading.Thread] = field(default_factory=list)
    _made: list[str] = field(default_factory=list)

    def offer(self, rate: float, seconds: float) -> None:
        """`rate` new requests a second for so long; does not wait for answers."""
        started = time.monotonic()
        for n in range(int(rate * seconds)):
            time.sleep(max(0.0, started + n / rate - time.monotonic()))
            self.send()

    def send(self) -> None:
        thread = threading.Thread(target=self._one, args=(self.random.random(),), daemon=True)
        thread.start()
        self._threads.append(thread)

    def settle(self) -> None:
        """Every call has its answer."""
        for thread in self._threads:
            thread.join(PATIENCE_S + 10)

    def settle_accepted(self, n: int) -> None:
        """`n` calls were accepted; what follows on them goes on."""
        ends = time.monotonic() + PATIENCE_S
        while len(self.answers) < n:
            assert time.monotonic() < ends, f"{self.statuses} {self.unfriendly[:3]}"
            time.sleep(0.02)

    def _one(self, dice: float) -> None:
        if dice < REMOVED and self._made:
            path, body = f"/api/v1/chaos/remove/{self._made.pop(0)}", {}
        else:
            path, body = "/api/v1/requests", self._request()
        key = uuid4().hex
        found = self._insist(path, body, key)
        if found is None:
            return
        if self.random.random() < REPEATED:
            self._insist(path, body, key)
        if "blueprint" in body and body["blueprint"] != "chaos-refused":
            self._when_made(found)

    def _request(self) -> dict[str, Any]:
        dice = self.random.random()
        name = "chaos-refused" if dice < REFUSED else "chaos-shelf"
        name = "data-product-postgresql" if dice > 1 - REAL else name
        parameters = {
            "name": f"Thing {uuid4().hex[:12]}",
            "domain": "sales",
            "team": "sales-data",
            "purpose": "To see whether it is lost.",
            "archetype": "source-aligned",
            "classification": "internal",
            "columns": [{"name": "id", "type": "string", "key": True}],
        }
        return {"blueprint": name, "parameters": parameters, "purpose": "chaos"}

    def _insist(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any] | None:
        """The answer, after as many tries as it takes; each has the same key."""
        ends, tries = time.monotonic() + PATIENCE_S, 0
        while time.monotonic() < ends:
            started = time.monotonic()
            status, headers, found = self.call("POST", path, body, key)
            tries += 1
            self.statuses[status] += 1
            if status == 202:
                if tries == 1:
                    self.took_ms.append((time.monotonic() - started) * 1000)
                self.answers.append(Answer(key, found["id"]))
                return found
            if status not in {0, 409, 429, 502, 503}:
                self.unfriendly.append(f"{status} {json.dumps(found)[:300]}")
                return None
            if status == 503 and "retry-after" not in headers:
                self.unfriendly.append("503 without Retry-After")
            time.sleep(0.3)
        self.unsettled.append(key)
        return None

    def _when_made(self, found: dict[str, Any]) -> None:
        """Remember the instance of a request that has succeeded, to take it away later."""
        for _ in range(60):
            time.sleep(1)
            status, _, seen = self.call("GET", f"/api/v1/requests/{found['id']}", None, "")
            if status == 200 and seen.get("state") in {"succeeded", "failed"}:
                break
        else:
            return
        if seen.get("state") != "succeeded" or not seen.get("operation"):
            return
        status, _, operation = self.call("GET", f"/api/v1/operations/{_id(seen)}", None, "")
        if status == 200 and operation.get("instance"):
            self._made.append(operation["instance"])

    def call(
        self, method: str, path: str, body: dict[str, Any] | None, key: str
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Status (0: no answer), headers and document."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=15)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, headers)
            response = connection.getresponse()
            data = response.read()
            given = {name.lower(): value for name, value in response.getheaders()}
            return response.status, given, json.loads(data) if data else {}
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}, {}
        finally:
            connection.close()


def _id(seen: dict[str, Any]) -> str:
    operation = seen["operation"]
    return str(operation["id"] if isinstance(operation, dict) else operation)
