"""A service broker of our own, on the package openbrokerapi, as a real server on 127.0.0.1.

It knows nothing of the portal's code. What it holds is in memory; `faults` says which requests it
answers wrongly, and how.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, g, request
from openbrokerapi import errors
from openbrokerapi.api import get_blueprint
from openbrokerapi.auth import BrokerCredentials
from openbrokerapi.catalog import Schemas, ServicePlan, ServicePlanCost, ServicePlanMetadata
from openbrokerapi.service_broker import (
    Binding,
    BindState,
    DeprovisionServiceSpec,
    GetBindingSpec,
    GetInstanceDetailsSpec,
    LastOperation,
    OperationState,
    ProvisionedServiceSpec,
    ProvisionState,
    Service,
    ServiceBroker,
    UnbindSpec,
    UpdateServiceSpec,
)
from werkzeug.serving import make_server

USER, PASSWORD = "portal", "canary-of-the-broker"
DATABASE, CACHE = "11111111-database", "22222222-cache"  # the second cannot be asked what is there
SMALL, LARGE, SLOW = "small", "large", "slow"
CREATE = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {
        "size_gb": {"type": "integer", "minimum": 1, "maximum": 100, "title": "Size in GB"},
        "version": {"type": "string", "enum": ["15", "16"], "default": "16"},
    },
    "required": ["size_gb"],
    "additionalProperties": False,
}
Fault = Callable[[], Response | None]  # None: answer as usual
for noisy in ("werkzeug", "openbrokerapi", "broker"):
    logging.getLogger(noisy).setLevel(logging.CRITICAL)


def plans(service: str, longest_s: int | None) -> list[ServicePlan]:
    schemas = Schemas(service_instance={"create": {"parameters": CREATE}})
    costs = [ServicePlanCost({"usd": 99.0}, "MONTHLY")]
    return [
        ServicePlan(f"{service}-{SMALL}", SMALL, "One node", free=True, schemas=schemas),
        ServicePlan(
            f"{service}-{LARGE}",
            LARGE,
            "Three nodes",
            metadata=ServicePlanMetadata(displayName="Large", costs=costs),
            free=False,
            schemas=schemas,
        ),
        ServicePlan(
            f"{service}-{SLOW}",
            SLOW,
            "It takes a while",
            free=True,
            plan_updateable=False,
            maximum_polling_duration=longest_s,
        ),
    ]


class Memory(ServiceBroker):
    """Instances and bindings; those of the plan `slow` are made and removed in `polls` looks."""

    def __init__(self) -> None:
        self.instances: dict[str, dict[str, Any]] = {}
        self.bindings: dict[str, dict[str, Any]] = {}
        self.operations: dict[str, dict[str, Any]] = {}  # by path of the thing
        self.ended: dict[str, LastOperation] = {}  # by name of the operation
        self.made: Counter[str] = Counter()  # creations and changes of instances
        self.polls = 2
        self.longest_s: int | None = None
        self.gone: set[str] = set()  # names of services that are not offered any more
        self.outcome = OperationState.SUCCEEDED
        self.lock = threading.RLock()

    def catalog(self) -> list[Service]:
        offered = [
            Service(
                DATABASE,
                "database",
                "A database",
                True,
                plans(DATABASE, self.longest_s),
                plan_updateable=True,
                instances_retrievable=True,
                bindings_retrievable=True,
            ),
            Service(
                CACHE, "cache", "A cache", True, plans(CACHE, self.longest_s), plan_updateable=True
            ),
        ]
        return [each for each in offered if each.name not in self.gone]

    def provision(self, instance_id: str, details: Any, async_allowed: bool, **_more: Any) -> Any:
        wanted = {
            "service_id": details.service_id,
            "plan_id": details.plan_id,
            "parameters": details.parameters or {},
        }
        with self.lock:
            running = self.operations.get(instance_id)
            if running and running["verb"] == "create" and running["wanted"] == wanted:
                return ProvisionedServiceSpec(ProvisionState.IS_ASYNC, None, running["name"])
            held = self.instances.get(instance_id)
            if held is not None:
                if held != wanted:
                    raise errors.ErrInstanceAlreadyExists()
                return ProvisionedServiceSpec(ProvisionState.IDENTICAL_ALREADY_EXISTS, self.dash)
            if details.plan_id.endswith(SLOW):
                if not async_allowed:
                    raise errors.ErrAsyncRequired()
                self.made[instance_id] += 1
                name = self._begin(instance_id, "create", wanted)
                return ProvisionedServiceSpec(ProvisionState.IS_ASYNC, self.dash, name)
            self.instances[instance_id] = wanted
            self.made[instance_id] += 1
        return ProvisionedServiceSpec(ProvisionState.SUCCESSFUL_CREATED, self.dash)

    def update(self, instance_id: str, details: Any, async_allowed: bool, **_more: Any) -> Any:
        with self.lock:
            if instance_id in self.operations:
                self._advance(instance_id, self.instances)  # it goes on, whoever asks
                raise errors.ErrConcurrentInstanceAccess()
            held = self.instances[instance_id]
            assert details.previous_values.plan_id == held["plan_id"]
            wanted = {
                **held,
                "plan_id": details.plan_id or held["plan_id"],
                "parameters": details.parameters or {},
            }
            if (details.parameters or {}).get("size_gb") == 99:
                name = self._begin(instance_id, "update", wanted)
                return UpdateServiceSpec(True, name)
            self.instances[instance_id] = wanted
        return UpdateServiceSpec(False, None, self.dash)

    def deprovision(self, instance_id: str, details: Any, async_allowed: bool, **_more: Any) -> Any:
        with self.lock:
            if instance_id not in self.instances and instance_id not in self.operations:
                raise errors.ErrInstanceDoesNotExist()
            self.operations.pop(instance_id, None)
            if details.plan_id.endswith(SLOW) and instance_id in self.instances:
                return DeprovisionServiceSpec(True, self._begin(instance_id, "delete", None))
            self.instances.pop(instance_id, None)
        return DeprovisionServiceSpec(False)

    def bind(
        self, instance_id: str, binding_id: str, details: Any, async_allowed: bool, **_more: Any
    ) -> Any:
        with self.lock:
            if instance_id not in self.instances:
                raise errors.ErrBadRequest("There is no such instance.")
            if (details.parameters or {}).get("app"):
                raise errors.ErrAppGuidNotProvided()
            running = self.operations.get(binding_id)
            if running:
                return Binding(BindState.IS_ASYNC, operation=running["name"])
            held = self.bindings.get(binding_id)
            if held:
                state = BindState.IDENTICAL_ALREADY_EXISTS
                return Binding(state, credentials=held["credentials"])
            made = {"of": instance_id, "credentials": {"uri": f"db://u:secret-{binding_id}@h/d"}}
            if details.plan_id.endswith(SLOW):
                name = self._begin(binding_id, "create", made)
                return Binding(BindState.IS_ASYNC, operation=name)
            self.bindings[binding_id] = made
        return Binding(BindState.SUCCESSFUL_BOUND, credentials=made["credentials"])

    def unbind(
        self, instance_id: str, binding_id: str, details: Any, async_allowed: bool, **_more: Any
    ) -> Any:
        with self.lock:
            self.operations.pop(binding_id, None)
            if binding_id not in self.bindings:
                raise errors.ErrBindingDoesNotExist()
            if details.plan_id.endswith(SLOW):
                return UnbindSpec(True, self._begin(binding_id, "delete", None))
            del self.bindings[binding_id]
        return UnbindSpec(False)

    def get_instance(self, instance_id: str, **_more: Any) -> GetInstanceDetailsSpec:
        held = self.instances.get(instance_id)
        if held is None:
            raise errors.ErrInstanceDoesNotExist()
        return GetInstanceDetailsSpec(**held, dashboard_url=self.dash)

    def get_binding(self, instance_id: str, binding_id: str, **_more: Any) -> GetBindingSpec:
        held = self.bindings.get(binding_id)
        if held is None:
            raise errors.ErrBindingDoesNotExist()
        return GetBindingSpec(credentials=held["credentials"])

    def last_operation(
        self, instance_id: str, operation_data: str | None, **_more: Any
    ) -> LastOperation:
        return self._look(instance_id, self.instances, operation_data)

    def last_binding_operation(
        self, instance_id: str, binding_id: str, operation_data: str | None, **_more: Any
    ) -> LastOperation:
        return self._look(binding_id, self.bindings, operation_data)

    dash = "https://console.example.org/database"

    def _begin(self, key: str, verb: str, wanted: Any) -> str:
        name = f"{verb}-{len(self.operations)}-{time.monotonic_ns()}"
        self.operations[key] = {"verb": verb, "wanted": wanted, "name": name, "left": self.polls}
        return name

    def _look(self, key: str, held: dict[str, Any], name: str | None) -> LastOperation:
        with self.lock:
            running = self.operations.get(key)
            if name in self.ended:
                return self.ended[name]
            if running is None or running["name"] != name:
                raise errors.ErrInstanceDoesNotExist()
            return self._advance(key, held)

    def _advance(self, key: str, held: dict[str, Any]) -> LastOperation:
        running = self.operations[key]
        running["left"] -= 1
        if running["left"] > 0:
            return LastOperation(OperationState.IN_PROGRESS, f"{running['left']} to go")
        del self.operations[key]
        words = "done" if self.outcome == OperationState.SUCCEEDED else "The disk is full."
        ended = self.ended[running["name"]] = LastOperation(self.outcome, words)
        if self.outcome == OperationState.SUCCEEDED and running["verb"] == "delete":
            held.pop(key, None)
        elif self.outcome == OperationState.SUCCEEDED:
            held[key] = running["wanted"]
        return ended


class Server:
    """The broker at work. `requests` lists method and path; `faults[method, ending]` answers."""

    def __init__(self) -> None:
        self.broker = Memory()
        self.requests: list[tuple[str, str]] = []
        self.queries: list[str] = []  # of the same requests
        self.headers: list[dict[str, str]] = []
        self.faults: dict[tuple[str, str], list[Fault]] = {}
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    def holds(self) -> dict[str, Any]:
        """What is there now, or about to be."""
        broker = self.broker
        with broker.lock:
            return {
                "instances": {key: dict(value) for key, value in broker.instances.items()},
                "bindings": {key: dict(value) for key, value in broker.bindings.items()},
                "at work": sorted(broker.operations),
            }

    def sent(self, method: str) -> list[str]:
        """Paths of all requests of this method."""
        return [path for verb, path in list(self.requests) if verb == method]

    def fail(self, method: str, ending: str, *faults: Fault) -> None:
        """The next requests whose path ends so are answered by these, one after the other."""
        self.faults.setdefault((method, ending), []).extend(faults)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _app(self) -> Flask:
        app = Flask("broker")

        @app.before_request
        def watch() -> Response | None:
            self.requests.append((request.method, request.path))
            self.queries.append(request.query_string.decode())
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
            for (method, ending), faults in self.faults.items():
                if request.method == method and request.path.endswith(ending) and faults:
                    return faults.pop(0)()
            return None

        @app.after_request
        def hurry(response: Response) -> Response:
            response.headers["Retry-After"] = "1"
            return g.pop("instead", response)

        credentials = BrokerCredentials(USER, PASSWORD)
        app.register_blueprint(get_blueprint(self.broker, credentials, logging.getLogger("broker")))
        return app


def says(status: int, body: str = "{}", **headers: str) -> Fault:
    """A fault that answers with this."""
    return lambda: Response(body, status, {"Content-Type": "application/json", **headers})


def half(status: int) -> Fault:
    """A fault that hangs up in the middle of its answer."""

    def parts() -> Iterator[str]:
        yield '{"dash'
        raise ConnectionAbortedError

    return lambda: Response(parts(), status, {"Content-Length": "99"})


def after(fault: Fault) -> Fault:
    """A fault that first does what was asked, and then says something else."""

    def act() -> None:
        g.instead = fault()

    return act


def hang(seconds: float) -> Fault:
    """A fault that lets the portal wait, and then does what was asked."""

    def act() -> None:
        time.sleep(seconds)

    return act
