"""A tech adapter of our own, written from the interface specification, as a real server.

It keeps its tasks in memory as those of others do, and forgets them when it is told to.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import uuid4

import yaml

from tests.servers import Served

Said = tuple[int, Any]  # status, and what is sent as JSON; bytes are sent as they are
Fault = Callable[[], Said | None]  # None: answer as usual
FORGOTTEN = {"error": "Cannot find Provisioning Status", "userMessage": "Cannot find it"}
URL = "https://lake.example.org/jobs/7"


class Adapter(Served):
    """Components by urn. `slow`: how many looks a task takes; 0 is at once."""

    path = "/datamesh.specificprovisioner"

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}
        self.readers: dict[str, list[str]] = {}
        self.made: Counter[str] = Counter()  # how often each component was provisioned
        self.tasks: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.faults: dict[str, list[Fault]] = {}
        self.slow = 0
        self.fails = False
        self.quoted = True
        self.lock = threading.RLock()
        self.serve(_handler(self))

    def holds(self) -> dict[str, Any]:
        with self.lock:
            readers = {urn: sorted(refs) for urn, refs in self.readers.items() if refs}
            return {"components": dict(self.components), "readers": readers}

    def sent(self, verb: str) -> list[Any]:
        """Bodies of all requests for this verb."""
        with self.lock:
            pairs = zip(self.requests, self.bodies, strict=True)
            return [body for (_, path), body in pairs if path == f"/v1/{verb}"]

    def forget(self) -> None:
        """What a restart does."""
        with self.lock:
            self.tasks.clear()

    def fail(self, verb: str, *faults: Fault) -> None:
        self.faults.setdefault(verb, []).extend(faults)

    def answer(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Said:
        path = path.removeprefix("/datamesh.specificprovisioner")
        verb = "status" if path.endswith("/status") else path.rpartition("/")[2]
        with self.lock:
            self.requests.append((method, path))
            self.bodies.append(body)
            self.headers.append(headers)
            if self.faults.get(verb):
                said = self.faults[verb].pop(0)()
                if said is not None:
                    return said
            if verb == "status":
                return self._status(path.split("/")[-2])
            if verb == "updateacl":
                return self._begin(verb, self._readers(body))
            return self._work(verb, body)

    def _work(self, verb: str, body: Any) -> Said:
        if body.get("descriptorKind") != "COMPONENT_DESCRIPTOR":
            return 400, {"errors": ["Only components can be provisioned."]}
        given = yaml.safe_load(body["descriptor"])
        urn = given["componentIdToProvision"]
        component = next(each for each in given["dataProduct"]["components"] if each["id"] == urn)
        if verb == "validate":
            bad = component["specific"].get("bad")
            errors = {"error": {"errors": [bad]}} if bad else {}
            return 200, {"valid": not bad, **errors}
        if verb == "provision":
            self.made[urn] += 1
            return self._begin(verb, lambda: self.components.update({urn: component}))

        def remove() -> None:
            self.components.pop(urn, None)
            self.readers.pop(urn, None)

        return self._begin(verb, remove)

    def _readers(self, body: Any) -> Callable[[], None]:
        given = yaml.safe_load(body["provisionInfo"]["request"])
        urn = given["componentIdToProvision"]
        return lambda: self.readers.update({urn: list(body["refs"])})

    def _begin(self, verb: str, work: Callable[[], None]) -> Said:
        if not self.slow:
            return 200, self._end(verb, work)
        token = uuid4().hex
        self.tasks[token] = {"verb": verb, "work": work, "left": self.slow}
        return 202, (token if self.quoted else token.encode())

    def _end(self, verb: str, work: Callable[[], None]) -> dict[str, Any]:
        work()
        logs = [{"timestamp": "2026-01-01T00:00:00Z", "level": "INFO", "message": f"{verb} begins"}]
        if self.fails and verb == "provision":
            logs.append({"timestamp": "x", "level": "ERROR", "message": "The disk is full."})
            return {"status": "FAILED", "result": "It went wrong.", "logs": logs}
        link = {"type": "string", "label": "Job", "value": "Open the job", "href": URL}
        info = {"publicInfo": {"job": link, "rows": 3}, "privateInfo": {"password": "canary"}}
        return {"status": "COMPLETED", "result": "", "info": info, "logs": logs}

    def _status(self, token: str) -> Said:
        task = self.tasks.get(token)
        if task is None:
            return 500, FORGOTTEN
        task["left"] -= 1
        if task["left"] > 0:
            return 200, {"status": "RUNNING", "result": f"{task['left']} to go"}
        if "said" not in task:
            task["said"] = self._end(task["verb"], task["work"])
        return 200, task["said"]


def says(status: int, body: Any = None) -> Fault:
    """A fault that answers with this."""
    return lambda: (status, {} if body is None else body)


def _handler(adapter: Adapter) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length", 0)))
            self._reply("POST", json.loads(text))

        def do_GET(self) -> None:
            self._reply("GET", None)

        def _reply(self, method: str, body: Any) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = adapter.answer(method, self.path, body, headers)
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if 300 <= status < 400:
                self.send_header("Location", "/")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: Any) -> None:
            """Be quiet."""

    return Handler
