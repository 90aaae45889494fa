"""A product with rows in a real warehouse, its owner, and people of another team."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from accounts.actors import Actor
from accounts.models import Team, User
from catalog.products.models import OutputPort
from core.ids import uuid7
from provisioning.access import services
from provisioning.access.models import Grant
from provisioning.drivers.postgres import naming
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of
from tests.provisioning.access.days import in_days
from tests.provisioning.access.elsewhere import (
    ANALYST,
    Elsewhere,
    at_adapter,
    at_broker,
    company_at,
)
from tests.provisioning.access.writing import WRITE, opened
from tests.provisioning.drivers.adapter import Adapter
from tests.provisioning.drivers.broker import Server
from tests.provisioning.drivers.conftest import (  # noqa: F401 - shared fixtures
    adapter,
    broker,
    warehouse_url,
)
from tests.provisioning.drivers.storage import SECRET, s3_server, statements

ROWS = [{"order_id": "A-1", "amount": 12}, {"order_id": "A-2", "amount": 30}]


@dataclass
class Company:
    """Sales owns a port with two rows; Marketing wants to read it."""

    port: OutputPort
    sales: Team
    marketing: Team
    owner: User
    consumer: User
    colleague: User

    @property
    def owns(self) -> Actor:
        return actor_for(self.owner)

    @property
    def asks(self) -> Actor:
        return actor_for(self.consumer)


@pytest.fixture
def company(transactional_db, settings, warehouse_url) -> Company:  # noqa: F811
    settings.CELERY_BROKER_URL = ""
    settings.FIELD_KEYS = f"test:{'A' * 43}"
    settings.WAREHOUSE_URL = warehouse_url
    sales, marketing = TeamFactory(name="Sales Data"), TeamFactory(name="Web Analytics")
    owner, consumer, colleague = member_of(sales), member_of(marketing), member_of(marketing)
    instance_id = uuid7()
    product = ProductFactory(slug="orders", owner=sales, instance_id=instance_id)
    provision(instance_id, sales, actor_for(owner))
    where = urlsplit(warehouse_url)
    port = PortFactory(
        product=product,
        name="orders",
        technology="postgresql",
        location={
            "host": where.hostname,
            "port": where.port,
            "database": where.path[1:],
            "schema": naming.schema_name("orders", instance_id),
            "tables": {"orders": "orders"},
        },
    )
    return Company(port, sales, marketing, owner, consumer, colleague)


def provision(instance_id: UUID, team: Team, actor: Actor, **place: str) -> None:
    """Schema, table, roles and two rows; `target="lake"` puts them into a team's own target."""
    columns = [
        {"name": "order_id", "logical_type": "string"},
        {"name": "amount", "logical_type": "integer"},
    ]
    specs: dict[str, dict[str, Any]] = {
        "schema": {"slug": "orders"},
        "tables": {"slug": "orders", "objects": [{"name": "orders", "properties": columns}]},
        "roles": {"slug": "orders"},
        "sample": {"slug": "orders", "rows": {"orders": ROWS}},
    }
    operation = accept(
        instance_id=instance_id,
        kind=OperationKind.PROVISION,
        title="Orders",
        steps=[
            StepSpec(action, "postgres", action, {**spec, **place})
            for action, spec in specs.items()
        ],
        actor=actor,
        new_instance=InstanceData("data-product", "orders", "", team.domain, team, "postgres"),
    )
    run_due()
    operation.refresh_from_db()
    assert operation.state == "succeeded", operation.error_text


@pytest.fixture
def ask(company: Company) -> Callable[..., Request]:
    """`ask(consumer=..., until=...)`: by default the consumer for their team, for 30 days."""

    def make(**changes: Any) -> Request:
        given = {
            "port": company.port.fqn,
            "consumer": f"team:{company.marketing.slug}",
            "purpose": "Count orders by channel for the weekly report.",
            "until": in_days(30),
        }
        actor = changes.pop("actor", company.asks)
        return services.request_access(services.AccessData(**given | changes), actor=actor)

    return make


@pytest.fixture
def granted(company: Company, ask: Callable[..., Request]) -> Grant:
    """An approved grant of Marketing whose login is ready and was not shown yet."""
    request = ask()
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    return Grant.objects.get(request=request)


def read(dsn: str, port: OutputPort) -> list[tuple[Any, ...]]:
    """Rows of the port's table, read as a consumer's program does."""
    query = f"SELECT order_id, amount FROM {port.location['schema']}.orders ORDER BY 1"
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        return connection.execute(query).fetchall()


def snapshot(company: Company) -> tuple[int, int]:
    """What a refused request must not change."""
    return Request.objects.count(), Grant.objects.count()


def roles_of(grant: Grant, settings: Any) -> set[str]:
    """The grant's role and logins that the warehouse has now: `gr_...`, `lg_...`."""
    with psycopg.connect(settings.WAREHOUSE_URL) as conn:
        rows = conn.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^(lg|gr)_'")
        return {name for (name,) in rows if grant.pk.hex[-16:] in name}


@pytest.fixture
def offered(company: Company) -> Company:
    """The company, whose owner lets others write into the port."""
    services.offer_writes(port=company.port, offered=True, actor=company.owns)
    return company


@pytest.fixture
def writer(offered: Company, ask: Callable[..., Request]) -> Grant:
    """A grant that writes."""
    return opened(offered, ask(mode=WRITE))


@pytest.fixture
def elsewhere(transactional_db: None, settings: Any) -> None:
    """Ground for ports at targets of teams."""
    settings.CELERY_BROKER_URL = ""
    settings.FIELD_KEYS = f"test:{'A' * 43}"


@pytest.fixture
def lake(elsewhere: None, adapter: Adapter) -> Elsewhere:  # noqa: F811
    return at_adapter(adapter)


@pytest.fixture
def database(elsewhere: None, broker: Server) -> Elsewhere:  # noqa: F811
    return at_broker(broker)


@pytest.fixture
def storage() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def area(elsewhere: None, settings: Any, storage: str) -> Elsewhere:
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [storage.removeprefix("http://")]
    config = {"endpoint": storage, "region": "eu-central-1", "access_key": "AKIACANARY"}
    found = company_at(
        "s3", "area", {"slug": "orders"}, config, {"secret_key": SECRET}, list, ANALYST
    )
    bucket = found.made.result["steps"]["0"]["bucket"]
    found.holds = lambda: [each["Sid"] for each in statements(storage, bucket)]
    return found


@pytest.fixture(params=["lake", "database", "area"])
def place(request: pytest.FixtureRequest) -> Elsewhere:
    found: Elsewhere = request.getfixturevalue(request.param)
    return found
