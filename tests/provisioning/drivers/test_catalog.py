"""The catalogue driver: names, contract, product and checks in the portal's own database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.core import serializers
from django.db import connection

from accounts.actors import system_actor
from accounts.models import Team
from catalog.contracts.models import ContractVersion, DataContract, SchemaProperty
from catalog.products import services
from catalog.products.models import DataProduct, OutputPort, PortDataset
from catalog.quality.models import QualityCheck
from catalog.search.models import SearchEntry
from core.documents import dump_yaml
from provisioning.drivers.catalog import CatalogDriver
from provisioning.drivers.models import DriverFence
from provisioning.drivers.protocol import Observed, PermanentError, StaleFence, Step
from tests.factories import (
    DomainFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
)
from tests.factories.documents import contract_data
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.kit import quiet

pytestmark = pytest.mark.django_db
PLACE = {"domain": "sales", "team": "sales-data"}
PORT = {
    "name": "table",
    "version": "1.0.0",
    "contract_id": "orders-contract",
    "contract_version": "1.0.0",
    "location": {"schema": "dp_orders_1a2b3c4d", "tables": {"orders": "orders"}},
    "datasets": [["postgres://127.0.0.1:5432", "warehouse.dp_orders_1a2b3c4d.orders"]],
}
TABLES = (DataContract, ContractVersion, SchemaProperty, DataProduct, OutputPort, PortDataset)


@pytest.fixture(autouse=True)
def _places():
    domain = DomainFactory(path="sales", name="Sales")
    TeamFactory(slug="sales-data", name="Sales Data", domain=domain)


@pytest.fixture
def driver() -> CatalogDriver:
    return CatalogDriver()


@pytest.fixture
def steps() -> dict[str, Step]:
    instance = uuid4()
    specs: Mapping[str, Mapping[str, Any]] = {
        "check": {**PLACE, "slug": "orders", "document_id": str(instance)},
        "contract": {**PLACE, "text": dump_yaml(contract_data()), "visibility": "company"},
        "product": {
            **PLACE,
            "slug": "orders",
            "document_id": str(instance),
            "name": "Orders",
            "purpose": "All orders",
            "ports": [PORT],
        },
        "checks": {},
    }
    return {name: Step(name, instance, spec, quiet) for name, spec in specs.items()}


def ensure_all(driver: CatalogDriver, steps: Mapping[str, Step], fence: int = 1) -> None:
    for step in steps.values():
        driver.ensure(step, effect_key="k", fence=fence)


def snapshot() -> str:
    rows = [row for model in (*TABLES, QualityCheck) for row in model.objects.order_by("pk")]
    texts = json.loads(serializers.serialize("json", rows))
    for row in texts:
        row["fields"].pop("updated_at", None)
        row["fields"].pop("due_at", None)
    return json.dumps(texts)


def test_the_steps_make_a_draft_with_contract_port_place_and_checks(driver, steps):
    ensure_all(driver, steps)

    product = DataProduct.objects.get()
    assert (product.fqn, product.status) == ("sales.orders", "draft")
    port = product.output_ports.get()
    assert port.location == PORT["location"]
    assert port.contract_version.version == "1.0.0"
    assert port.datasets.get().name == "warehouse.dp_orders_1a2b3c4d.orders"
    checks = QualityCheck.objects.filter(port=port, active=True)
    origins = sorted(checks.values_list("origin", flat=True))
    assert origins == ["contract", "contract", "implied", "sla"]
    observed = driver.observe(steps["product"])
    assert observed.attributes["product"] == "sales.orders"
    assert observed.attributes["ports"] == ["sales.orders/table@1"]


def test_the_contract_is_kept_as_it_was_written(driver, steps):
    text = "# pasted by hand\n" + steps["contract"].spec["text"]
    step = replace(steps["contract"], spec={**steps["contract"].spec, "text": text})

    driver.ensure(step, effect_key="k", fence=1)

    assert ContractVersion.objects.get().text == text


def test_a_contract_without_promises_needs_no_checks(driver, steps):
    data = contract_data()
    described = data["schema"][0]
    del described["quality"], data["slaProperties"]
    described["properties"][0] = {"name": "order_id", "logicalType": "string"}
    step = replace(steps["contract"], spec={**steps["contract"].spec, "text": dump_yaml(data)})
    ensure_all(driver, {**steps, "contract": step})

    assert driver.observe(steps["checks"]).exists
    assert not QualityCheck.objects.exists()


def test_a_check_that_is_gone_is_seen_and_made_again(driver, steps):
    ensure_all(driver, steps)
    QualityCheck.objects.first().delete()

    assert not driver.observe(steps["checks"]).exists
    driver.ensure(steps["checks"], effect_key="k", fence=1)
    assert driver.observe(steps["checks"]).exists


def test_nobody_else_sees_the_contract_before_the_product_is_out(driver, steps):
    stranger = actor_for(UserFactory())
    driver.ensure(steps["contract"], effect_key="k", fence=1)
    assert not DataContract.objects.visible_to(stranger).exists()
    assert not SearchEntry.objects.visible_to(stranger).exists()

    driver.ensure(steps["product"], effect_key="k", fence=1)
    assert not DataContract.objects.visible_to(stranger).exists()

    services.publish_product(product=DataProduct.objects.get(), actor=system_actor())
    assert DataContract.objects.visible_to(stranger).exists()


def test_twice_is_once(driver, steps):
    ensure_all(driver, steps)
    once = snapshot()

    ensure_all(driver, steps)

    assert snapshot() == once
    assert all(driver.observe(step).exists for step in steps.values())


@pytest.mark.parametrize("name", ["check", "contract", "product", "checks"])
def test_a_worker_that_lost_its_lease_changes_nothing(driver, steps, name):
    ensure_all(driver, steps, fence=5)
    before = snapshot()
    changed = replace(steps["product"], spec={**steps["product"].spec, "purpose": "stale"})
    step = changed if name == "product" else steps[name]

    with pytest.raises(StaleFence):
        driver.ensure(step, effect_key="k", fence=4)
    with pytest.raises(StaleFence):
        driver.ensure_absent(step, effect_key="k", fence=4)

    assert snapshot() == before
    assert DriverFence.objects.get().fence == 5


def test_a_refused_step_does_not_raise_the_fence(driver, steps):
    driver.ensure(steps["check"], effect_key="k", fence=1)
    spec = {**steps["product"].spec, "ports": [{**PORT, "contract_id": "nowhere"}]}

    with pytest.raises(PermanentError, match="no contract nowhere"):
        driver.ensure(replace(steps["product"], spec=spec), effect_key="k", fence=2)

    assert DriverFence.objects.get().fence == 1
    assert not DataProduct.objects.exists()


def test_undoing_in_reverse_takes_everything_away(driver, steps):
    ensure_all(driver, steps)

    for step in reversed(steps.values()):
        assert not driver.ensure_absent(step, effect_key="k", fence=2).exists

    assert not any(model.objects.exists() for model in (*TABLES, QualityCheck, SearchEntry))


def test_undoing_twice_is_undoing_once(driver, steps):
    ensure_all(driver, steps)
    for _ in range(2):
        for step in reversed(steps.values()):
            driver.ensure_absent(step, effect_key="k", fence=2)

    assert not DataProduct.objects.exists()


def test_what_was_published_is_retired_not_deleted(driver, steps):
    ensure_all(driver, steps)
    services.publish_product(product=DataProduct.objects.get(), actor=system_actor())

    for step in reversed(steps.values()):
        assert not driver.ensure_absent(step, effect_key="k", fence=2).exists

    assert DataProduct.objects.get().status == "retired"
    assert ContractVersion.objects.exists()
    assert not driver.observe(steps["product"]).exists


def test_what_another_instance_made_is_left_alone(driver, steps):
    ensure_all(driver, steps)
    stranger = uuid4()
    before = snapshot()

    for name in ("product", "contract"):
        driver.ensure_absent(replace(steps[name], instance_id=stranger), effect_key="k", fence=1)

    assert snapshot() == before


def test_a_contract_that_was_there_before_stays(driver, steps):
    other = replace(steps["contract"], instance_id=uuid4())
    driver.ensure(other, effect_key="k", fence=1)
    driver.ensure(steps["contract"], effect_key="k", fence=1)

    driver.ensure_absent(steps["contract"], effect_key="k", fence=2)

    assert ContractVersion.objects.count() == 1


def test_an_update_keeps_the_status(driver, steps):
    ensure_all(driver, steps)
    services.publish_product(product=DataProduct.objects.get(), actor=system_actor())
    spec = {**steps["product"].spec, "purpose": "All orders, corrected"}

    driver.ensure(replace(steps["product"], spec=spec), effect_key="k", fence=2)

    product = DataProduct.objects.get()
    assert (product.status, product.purpose) == ("active", "All orders, corrected")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slug": "admin"}, "reserved"),
        ({"slug": "taken"}, "is taken"),
        ({"domain": "nowhere"}, "no domain nowhere"),
        ({"team": "nobody"}, "no team nobody"),
        ({"document_id": "theirs"}, "owns this product id"),
        ({"quota": 1}, "quota is 1"),
        ({"contract_id": "their-contract"}, "owns this contract id"),
    ],
)
def test_the_check_says_what_stands_in_the_way(driver, steps, change, message):
    owner = Team.objects.get(slug="sales-data")
    ProductFactory(owner=owner, slug="taken")
    theirs = ProductFactory(document_id="theirs")
    DataContract.objects.create(
        document_id="their-contract", name="x", owner=theirs.owner, domain=theirs.domain
    )
    step = replace(steps["check"], spec={**steps["check"].spec, **change})

    with pytest.raises(PermanentError, match=message):
        driver.ensure(step, effect_key="k", fence=1)


@pytest.mark.parametrize(
    "change", [{"slug": '"; drop schema'}, {"slug": "x" * 64}, {"other": 1}, {"ports": "none"}]
)
def test_a_spec_of_another_shape_is_refused_and_nothing_changes(driver, steps, change):
    step = replace(steps["product"], spec={**steps["product"].spec, **change})

    with pytest.raises(PermanentError):
        driver.ensure(step, effect_key="k", fence=1)

    assert not DataProduct.objects.exists()


def test_the_plan_names_what_would_come(driver, steps):
    planned = [(each.kind, each.name, each.change) for each in driver.plan(steps["product"])]

    assert planned == [
        ("product", "sales.orders", "create"),
        ("port", "sales.orders/table@1", "create"),
    ]
    assert not DataProduct.objects.exists()


class Closing(CatalogDriver):
    """For threads: gives the connection back after each step."""

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        try:
            return super().ensure(step, effect_key=effect_key, fence=fence)
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["contract", "product"])
def test_many_workers_at_once_make_one(steps, name):
    before = tuple(step for step in steps.values() if step.action == "contract" != name)
    case = kit.Case(name, steps[name].spec, steps[name].instance_id, before)

    kit.many_at_once_is_once(Closing(), case, snapshot)
