"""Day two of what is built in: sandboxes, products, further ports; and the same for scripts."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from accounts.actors import system_actor
from catalog.contracts.services import save_version
from catalog.products.models import DataProduct, InputPort
from catalog.products.services import edit_product, publish_product
from core.documents import dump_yaml, load_documents
from core.errors import Invalid
from core.models import AuditEvent, OutboxEvent
from provisioning.blueprints.models import Blueprint, Resource
from provisioning.blueprints.services import (
    register_blueprint,
    request_retirement,
    request_service,
    resource_of,
    retire_expired,
    warn_expiring,
)
from provisioning.jobs.models import Effect, Instance, Operation
from provisioning.jobs.services.work import run_due
from tests.factories import ProductFactory
from tests.factories import actor_for as acts
from tests.provisioning.blueprints.conftest import Shop, parameters
from tests.provisioning.blueprints.documents import SHELVES
from tests.provisioning.drivers.repositories import files_of
from tests.provisioning.requests.test_day_two import (  # noqa: F401 - shared fixtures
    GIVEN,
    Make,
    change,
    made_of,
    make,
    newest,
    target,
)
from tests.provisioning.requests.test_rest import send


def sandbox(shop: Shop, days: int, name: str = "Trial"):
    until = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)).isoformat()
    given = {"name": name, "purpose": "Trying things out.", "until": until}
    found = Blueprint.objects.select_related("current").get(slug="sandbox")
    return request_service(blueprint=found, parameters=given, purpose="", actor=shop.helps)


def test_a_sandbox_warns_before_its_end_and_goes_by_itself(shop: Shop):
    resource = made_of(sandbox(shop, 30))
    schema = resource.results[0]["value"]
    assert schema.startswith("dp_trial_")
    assert (warn_expiring(), retire_expired()) == (0, 0)

    Resource.objects.update(warn_on=dt.date(2020, 1, 1))
    assert (warn_expiring(), warn_expiring()) == (1, 0)
    assert OutboxEvent.objects.filter(topic="resource.expiring").count() == 1
    Resource.objects.update(expires_on=dt.date(2020, 1, 1))
    assert (retire_expired(), retire_expired()) == (1, 0)
    run_due()

    instance = Instance.objects.get(pk=resource.pk)
    assert instance.observed_state == "absent"
    assert Operation.objects.get(kind="deprovision").actor_name == "system"
    assert AuditEvent.objects.filter(verb="resource.expired").count() == 1
    assert retire_expired() == 0


@pytest.mark.parametrize("days", [0, -3, 91, 4000])
def test_the_end_of_a_sandbox_is_from_tomorrow_to_ninety_days(shop: Shop, days):
    with pytest.raises(Invalid) as refusal:
        sandbox(shop, days)
    assert [p.pointer for p in refusal.value.problems] == ["/until"]


def product_of(shop: Shop) -> tuple[Resource, DataProduct]:
    filed = request_service(
        blueprint=shop.blueprint, parameters=parameters(), purpose="", actor=shop.owns
    )
    resource = made_of(filed)
    return resource, DataProduct.objects.get(instance_id=resource.pk)


def test_a_data_product_gets_a_column_and_keeps_what_people_wrote(shop: Shop):
    resource, product = product_of(shop)
    edit_product(
        product=product,
        values={"description": "By hand.", "tags": ["mine"], "name": "Returned goods"},
        actor=shop.owns,
    )
    columns = [*parameters()["columns"], {"name": "reason", "type": "string"}]

    changed = made_of(
        change(resource, shop.owns, columns=columns, purpose="Why goods come back now.")
    )

    product.refresh_from_db()
    assert (product.description, product.tags) == ("By hand.", ["mine"])
    assert product.purpose == "Why goods come back now."
    port = product.output_ports.get()
    assert port.contract_version.version == "1.1.0"
    table = port.location["tables"]
    assert changed.generation == 2
    assert Effect.objects.filter(instance=changed.pk, kind="table", removed_at=None).count() == len(
        table
    )


def test_a_data_product_has_a_repository_until_it_wants_none(shop: Shop, settings, tmp_path):
    settings.GIT_FOLDER = tmp_path
    resource, product = product_of(shop)
    (repository,) = (tmp_path / "repositories").iterdir()
    table = next(iter(product.output_ports.get().location["tables"].values()))

    files = files_of(repository)
    assert {"dbt_project.yml", "product.odps.yaml", f"models/{table}.sql"} <= set(files)
    assert any(path.endswith(".odcs.yaml") for path in files)
    schema = product.output_ports.get().location["schema"]
    assert schema.encode() in files["dbt_project.yml"]
    assert [each["label"] for each in resource.results] == ["Repository"]

    columns = [*parameters()["columns"], {"name": "reason", "type": "string"}]
    changed = made_of(change(resource, shop.owns, columns=columns))
    contract = next(text for path, text in files_of(repository).items() if ".odcs." in path)
    assert b"reason" in contract

    gone = made_of(change(changed, shop.owns, repository="none"))
    assert list((tmp_path / "repositories").iterdir()) == []
    assert gone.results == []


def test_a_contract_that_was_changed_elsewhere_is_kept_and_its_columns_are_changed_there(
    shop: Shop,
):
    resource, product = product_of(shop)
    version = product.output_ports.get().contract_version
    text = dump_yaml({**version.document, "version": "1.5.0", "tags": ["by hand"]})
    save_version(
        document=load_documents(text)[0], actor=shop.owns, owner=shop.team, domain=shop.sales
    )
    columns = [*parameters()["columns"], {"name": "reason", "type": "string"}]

    changed = made_of(change(resource, shop.owns, purpose="Why goods come back, once more."))
    with pytest.raises(Invalid) as refusal:
        change(changed, shop.owns, columns=columns)

    port = product.output_ports.get()
    assert port.contract_version.version == "1.5.0"
    assert [(p.pointer, p.code) for p in refusal.value.problems] == [("/columns", "kept-elsewhere")]


def test_a_change_that_breaks_consumers_of_what_is_published_is_refused(shop: Shop):
    resource, product = product_of(shop)
    publish_product(product=product, actor=shop.owns)

    with pytest.raises(Invalid) as refusal:
        change(resource, shop.owns, columns=parameters()["columns"][:1])
    assert [(p.pointer, p.code) for p in refusal.value.problems] == [
        ("/columns", "breaks-consumers")
    ]


def test_a_product_that_others_read_is_not_retired(shop: Shop):
    resource, product = product_of(shop)
    reader = ProductFactory(name="Reader")
    InputPort.objects.create(product=reader, name="x", source=product.output_ports.get())

    with pytest.raises(Invalid) as refusal:
        request_retirement(resource=resource, purpose="", actor=shop.owns)
    assert [p.message for p in refusal.value.problems] == ["Reader is made from it."]
    InputPort.objects.all().delete()
    request_retirement(resource=resource, purpose="", actor=shop.owns)
    run_due()
    assert not DataProduct.objects.filter(instance_id=resource.pk, status="draft").exists()


def test_rest_changes_upgrades_and_retires(
    make: Make,  # noqa: F811
    shop: Shop,
    client: Client,
    bearer,
):
    resource = make()
    headers = bearer(shop.owner)
    url = "/api/v1/requests"
    given = {**resource.parameters, "colour": "blue"}
    body = {"instance": str(resource.pk), "action": "update", "parameters": given}

    wrong = send(client, url, {**body, "parameters": {**given, "colour": "green"}}, headers)
    unknown = send(client, url, {**body, "action": "paint"}, headers)
    nobody = send(client, url, {**body, "instance": "x"}, headers)
    foreign = send(client, url, body, bearer(shop.outsider))
    accepted = send(client, url, body, headers)
    run_due()
    upgrade = send(client, url, {**body, "action": "upgrade"}, headers)
    retired = send(client, url, {"instance": str(resource.pk), "action": "retire"}, headers)

    pointers = [each.json()["problems"][0]["pointer"] for each in (wrong, unknown, nobody, foreign)]
    assert pointers == ["/parameters/colour", "/action", "/instance", "/instance"]
    assert accepted.status_code == 202
    assert accepted.json()["instance"] == str(resource.pk)
    assert accepted.json()["subject"]["action"] == "update"
    assert resource_of(resource.pk).parameters["colour"] == "blue"
    assert (upgrade.status_code, retired.status_code) == (409, 202)


def test_an_output_port_is_added_to_a_product_changed_and_taken_away(shop: Shop):
    _, product = product_of(shop)
    product.refresh_from_db()
    found = Blueprint.objects.select_related("current").get(slug="output-port")
    given = {
        "product": product.fqn,
        "port": "daily",
        "columns": [{"name": "day", "type": "date", "key": True}],
    }

    added = made_of(request_service(blueprint=found, parameters=given, purpose="", actor=shop.owns))

    assert added.instance.name == f"{product.fqn}/daily@1"
    port = product.output_ports.get(name="daily")
    assert port.location["schema"].startswith("dp_daily_")
    assert port.quality_checks.filter(active=True, runnable=True).exists()
    assert product.output_ports.count() == 2
    with pytest.raises(Invalid) as taken:
        request_service(blueprint=found, parameters=given, purpose="", actor=shop.owns)
    assert [p.pointer for p in taken.value.problems] == ["/port"]
    columns = [*given["columns"], {"name": "orders", "type": "integer"}]
    changed = made_of(change(added, shop.owns, columns=columns))
    port.refresh_from_db()
    assert port.contract_version.version == "1.1.0"
    assert changed.parameters["columns"] == columns
    request_retirement(resource=changed, purpose="", actor=shop.owns)
    run_due()
    assert [each.name for each in product.output_ports.all()] == ["table"]
    assert Instance.objects.get(pk=added.pk).observed_state == "absent"


def test_only_the_owner_of_a_product_adds_a_port_and_the_product_stays_while_it_is_there(
    shop: Shop,
):
    resource, product = product_of(shop)
    found = Blueprint.objects.select_related("current").get(slug="output-port")
    given = {"product": product.fqn, "port": "daily", "columns": [{"name": "a", "type": "date"}]}

    publish_product(product=product, actor=shop.owns)
    with pytest.raises(Invalid) as refusal:
        request_service(blueprint=found, parameters=given, purpose="", actor=acts(shop.outsider))
    assert [(p.pointer, p.code) for p in refusal.value.problems] == [("/product", "not-yours")]
    made_of(request_service(blueprint=found, parameters=given, purpose="", actor=shop.owns))
    with pytest.raises(Invalid, match="Others use it"):
        request_retirement(resource=resource, purpose="", actor=shop.owns)


def test_a_job_may_take_as_long_as_its_blueprint_says(
    make: Make,  # noqa: F811
    shop: Shop,
):
    make()
    longer = SHELVES.replace("approval:", "deadline_minutes: 90\napproval:")
    register_blueprint(text=longer, owner=shop.team, actor=system_actor())

    given = {**GIVEN, "name": "Second"}
    resource = made_of(
        request_service(blueprint=newest(), parameters=given, purpose="x", actor=shop.owns)
    )
    request_retirement(resource=resource, purpose="", actor=shop.owns)

    jobs = Operation.objects.order_by("created_at")
    minutes = [(job.kind, round(job.deadline_s / 60)) for job in jobs]
    assert minutes == [("provision", 15), ("provision", 90), ("deprovision", 90)]
