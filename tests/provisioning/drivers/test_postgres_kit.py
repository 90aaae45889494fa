"""The driver kit over every action of the PostgreSQL driver."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from provisioning.drivers.postgres import PostgresDriver, naming, session
from provisioning.drivers.postgres.session import Warehouse
from provisioning.drivers.protocol import Step
from tests.core.outbound.servers import Handler, raw, serving
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.kit import Case, quiet
from tests.provisioning.drivers.snapshots import snapshot

SLUG = "orders"
OBJECTS = [
    {
        "name": "orders",
        "description": "One row per order",
        "properties": [
            {"name": "order_id", "logical_type": "integer", "primary_key": True},
            {"name": "Customer Name", "logical_type": "string", "required": True},
            {"name": "email", "logical_type": "string", "unique": True},
            {"name": "amount", "logical_type": "number", "physical_type": "decimal(10, 2)"},
            {"name": "items", "logical_type": "array"},
        ],
    },
    {"name": "customers", "properties": [{"name": "id", "logical_type": "string"}]},
]
ROWS = {
    "orders": [
        {"order_id": 1, "Customer Name": "Åsa", "amount": "9.50", "items": ["a", 2]},
        {"order_id": 2, "Customer Name": "Bo", "email": "bo@example.org"},
    ]
}
ACTIONS = ("schema", "tables", "roles", "sample", "grant", "login", "account")

# Runs one verb and ends the process at a border of the commit, which is the library's call.
PROGRAM = """
import json, os, sys, uuid
import psycopg
from provisioning.drivers.postgres import PostgresDriver
from provisioning.drivers.postgres.session import Warehouse
from provisioning.drivers.protocol import Step
given = json.loads({given!r})
real = psycopg.Connection.commit
commits = []
def dying(self):
    commits.append(1)
    last = len(commits) == given["nth"]
    if last and given["border"] == "before":
        os._exit(9)
    real(self)
    if last and given["border"] == "after":
        os._exit(9)
psycopg.Connection.commit = dying
driver = PostgresDriver(lambda _t: Warehouse(given["url"], exclusive=True))
step = Step(given["action"], uuid.UUID(given["instance"]), given["spec"], lambda *_a: None)
getattr(driver, given["verb"])(step, effect_key="k", fence=3)
"""


def case_of(action: str) -> Case:
    product, grant = uuid4(), uuid4()
    schema = naming.schema_name(SLUG, product)
    expires_at = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    specs: dict[str, tuple[UUID, dict[str, Any]]] = {
        "schema": (product, {"slug": SLUG, "description": "Orders"}),
        "tables": (product, {"slug": SLUG, "objects": OBJECTS}),
        "roles": (product, {"slug": SLUG}),
        "sample": (product, {"slug": SLUG, "rows": ROWS}),
        "grant": (grant, {"schema": schema, "tables": ["orders"]}),
        "login": (grant, {"schema": schema, "holder": "user:7", "expires_at": expires_at}),
        "account": (product, {"slug": SLUG, "holder": "user:7", "until": expires_at[:10]}),
    }
    if action == "account":
        specs["roles"][1].update(builds=True, until=expires_at[:10])
    earlier = ACTIONS[: ACTIONS.index(action)]
    before = tuple(Step(each, specs[each][0], specs[each][1], quiet) for each in earlier)
    return Case(action, specs[action][1], specs[action][0], before)


@pytest.fixture(params=ACTIONS)
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture
def look(catalog: psycopg.Connection) -> Callable[[], Any]:
    return lambda: snapshot(catalog)


@pytest.mark.parametrize("rule", kit.RULES, ids=lambda rule: rule.__name__)
def test_every_action_keeps_the_rules_of_the_kit(
    rule: Callable[..., None], driver: PostgresDriver, case: Case, look: Callable[[], Any]
) -> None:
    rule(driver, case, look)


@pytest.mark.parametrize("fault", kit.FAULTS.values(), ids=kit.FAULTS.keys())
def test_a_server_that_is_none_is_told(
    fault: Handler | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CONNECT_TIMEOUT_S", 2)  # the least that libpq takes
    with serving(fault or raw(b"")) as server:
        if fault is None:
            server.close()
        url = f"postgresql://a:b@{server.name}/w"
        driver = PostgresDriver(lambda _target: Warehouse(url))

        kit.faulty_target_is_told(driver, case_of("schema"))


@pytest.mark.parametrize(
    ("verb", "nth", "border"),
    [
        ("ensure", 1, "before"),
        ("ensure", 1, "after"),
        ("ensure_absent", 1, "before"),
        ("ensure_absent", 1, "after"),
        ("ensure_absent", 2, "before"),
        ("ensure_absent", 2, "after"),
    ],
)
def test_a_worker_that_dies_at_a_border_leaves_one_effect(
    verb: str,
    nth: int,
    border: str,
    driver: PostgresDriver,
    case: Case,
    look: Callable[[], Any],
    warehouse_url: str,
) -> None:
    given = {
        "url": warehouse_url,
        "action": case.action,
        "instance": str(case.instance_id),
        "spec": case.spec,
        "verb": verb,
        "nth": nth,
        "border": border,
    }

    kit.killed_then_repeated(driver, case, look, PROGRAM.format(given=json.dumps(given)), verb)
