"""The demo company: believable, whole, and the same when it is loaded again."""

import datetime as dt
from collections import Counter

import pytest
from django.test import override_settings
from django.utils import timezone
from psycopg import sql

from accounts.actors import system_actor
from accounts.models import Domain, Membership, Team
from catalog.contracts.formats import odcs
from catalog.contracts.models import ContractVersion
from catalog.governance.models import Term
from catalog.products.models import (
    Comment,
    DataProduct,
    Demand,
    FormerName,
    InputPort,
    OutputPort,
    Ownership,
    Revision,
    System,
    SystemPort,
)
from catalog.search.models import SynonymGroup
from core.models import AuditEvent, OutboxEvent
from portal.demo import hooks, moves, people, services, warehouse, wishes
from portal.demo.company import products, read, teams
from portal.demo.contracts import contract_of, ports_of
from portal.demo.loading import load_catalogue
from portal.demo.rows import ROWS, rows_of
from portal.feed.models import Webhook
from provisioning.blueprints.models import BlueprintVersion, Resource
from provisioning.blueprints.services import register_builtin
from provisioning.drivers.postgres.session import connected
from provisioning.drivers.postgres.target import warehouse as built_in
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.services.reconciling import look_at, repair
from provisioning.requests.models import Request
from tests.provisioning.drivers.conftest import warehouse_url  # noqa: F401 - a shared fixture

DOMAINS, TEAMS, SYSTEMS = 8, 14, 12
KINDS = {"stream-aligned", "platform", "enabling", "complicated-subsystem"}


def test_the_company_has_the_size_that_was_promised():
    organisation = read("organisation")

    assert len(organisation["domains"]) == DOMAINS
    assert any("." in path for path in organisation["domains"])
    assert len(teams()) == TEAMS
    assert {team.kind for team in teams().values()} == KINDS
    assert len(read("systems")) == SYSTEMS
    assert sum(len(ports_of(spec)) for spec in products().values()) >= 110
    assert sum(spec.real for spec in products().values()) >= 12
    assert sum(map(len, read("terms").values())) >= 40


def test_products_are_of_every_kind_and_state():
    states = Counter(spec.status for spec in products().values())

    assert set(states) == {"proposed", "draft", "active", "deprecated", "retired"}
    assert {spec.archetype for spec in products().values()} == {
        "source-aligned",
        "aggregate",
        "consumer-aligned",
    }
    ending = [spec for spec in products().values() if spec.status == "deprecated"]
    assert all(spec.successor and spec.sunset_in for spec in ending)


def test_no_name_dangles():
    ports = {f"{fqn}/{name}" for fqn, given in read("systems").items() for name in given["ports"]}
    terms = {slug for given in read("terms").values() for slug in given}
    domains, users = read("organisation")["domains"], read("organisation")["people"]

    for spec in products().values():
        assert set(spec.product_reads) <= set(products()), spec.fqn
        assert set(spec.system_reads) <= ports, spec.fqn
        assert set(spec.terms) <= terms, spec.fqn
        assert spec.domain in domains
        assert spec.team in teams()
        assert not spec.successor or spec.successor in products()
    assert {user for team in teams().values() for user in team.members} == set(users)
    assert not set(read("systems")) & set(products())


def test_every_domain_with_fields_of_its_own_gets_what_it_asks_for():
    schemas = read("organisation")["field_schemas"]
    for spec in products().values():
        schema = schemas.get(spec.domain)
        if schema is not None:
            assert set(schema.get("required", [])) <= set(spec.extra), spec.fqn
            assert set(spec.extra) <= set(schema["properties"]), spec.fqn


@pytest.mark.parametrize("fqn", sorted(products()))
def test_every_contract_is_valid_and_promises_freshness(fqn):
    spec = products()[fqn]
    for version in spec.versions:
        document = contract_of(spec, version)

        assert list(odcs.validate(document).problems) == []
        assert "latency" in document.text


def test_rows_keep_their_keys_and_join():
    lines = rows_of(products()["sales.order-lines"])
    orders = {row["order_id"] for row in rows_of(products()["sales.orders"])}

    assert len({(row["order_id"], row["line_no"]) for row in lines}) == ROWS
    assert {row["order_id"] for row in lines} <= orders
    assert rows_of(products()["sales.orders"]) == rows_of(products()["sales.orders"])


COUNTED = (
    *(Domain, Team, Membership, Term, SynonymGroup, System, SystemPort, DataProduct, OutputPort),
    *(InputPort, ContractVersion, Ownership, FormerName, AuditEvent, Revision),
)


@pytest.fixture(scope="module")
def company_of_all(rows_of_module, django_db_blocker):
    with django_db_blocker.unblock(), override_settings(DEMO_PASSWORD="only-for-tests"):
        load_catalogue()


@pytest.fixture
def loaded(company_of_all, db, settings):
    """The catalogue, loaded once for all; what a test changes is undone."""
    settings.DEMO_PASSWORD = "only-for-tests"


def test_loading_again_changes_nothing(loaded):
    before = [model.objects.count() for model in COUNTED]
    revisions = list(DataProduct.objects.order_by("fqn").values_list("fqn", "updated_at"))

    load_catalogue()

    assert [model.objects.count() for model in COUNTED] == before
    assert list(DataProduct.objects.order_by("fqn").values_list("fqn", "updated_at")) == revisions


def test_every_published_product_has_what_people_ask_for(loaded):
    for product in DataProduct.objects.filter(status="active").prefetch_related("output_ports"):
        assert product.purpose
        assert product.links
        assert product.terms.exists()
        assert product.ownerships.filter(kind="steward").exists()
        assert product.output_ports.all()
        assert all(port.contract_version_id for port in product.output_ports.all())


def test_systems_offer_documents_and_products_read_them(loaded):
    port = SystemPort.objects.get(fqn="sales.web-shop/orders-api")

    assert port.document["openapi"] == "3.1.0"
    assert "/orders/{order_id}" in port.document["paths"]
    assert port.operations[0]["verb"] == "GET"
    assert SystemPort.objects.filter(kind="asyncapi", document__asyncapi="3.0.0").exists()
    named = {name for spec in products().values() for name in spec.system_reads}
    linked = InputPort.objects.filter(system_port__isnull=False)
    assert set(linked.values_list("system_port__fqn", flat=True)) == named


def test_a_renamed_product_is_found_by_its_former_name(loaded):
    assert FormerName.objects.get(fqn="customer.crm-contacts").product.name == "Customer Profile"


def test_wishes_stand_in_every_state_with_their_votes(loaded):
    wishes.load_demands()
    wishes.load_demands()

    assert set(Demand.objects.values_list("state", flat=True)) == {
        "open",
        "taken",
        "answered",
        "declined",
    }
    assert all(each.votes == each.voters.count() for each in Demand.objects.all())
    assert not Comment.objects.exists()


def test_a_port_will_break_its_readers_also_when_all_is_loaded_again(loaded):
    moves.announce_move()
    moving = OutputPort.objects.get(product__fqn="sales.order-lines", technology="postgresql")
    assert moving.next_version_on > timezone.now().date()
    before = OutboxEvent.objects.filter(topic="port.change-announced").count()

    load_catalogue()
    moves.announce_move()

    again = OutputPort.objects.get(pk=moving.pk)
    assert (again.next_version, again.next_version_on) == (
        moving.next_version,
        moving.next_version_on,
    )
    assert OutboxEvent.objects.filter(topic="port.change-announced").count() == before == 1


def test_a_webhook_shows_what_it_was_sent_before_its_receiver_went_away(loaded):
    hooks.load_webhook()
    hooks.load_webhook()
    webhook = Webhook.objects.get()

    assert webhook.state == "off"
    assert set(webhook.deliveries.values_list("state", flat=True)) == {"delivered", "failed"}


@pytest.fixture
def made(loaded, settings, warehouse_url):  # noqa: F811
    """The catalogue, with the services that teams of the company use."""
    settings.CELERY_BROKER_URL = ""
    settings.WAREHOUSE_URL = warehouse_url
    here = people.company()
    register_builtin(actor=here.owner("platform"), owner_team=here.teams["platform"])
    load_services()


def load_services():
    """As `load_company` does it, in its order."""
    services.ask_for_services()
    warehouse.work_off()
    services.load_port()


def test_day_two_is_there_what_ends_an_older_version_and_a_further_port(made):
    resources = {each.instance.name: each for each in Resource.objects.select_related("instance")}
    today = timezone.now().date()

    assert resources["sales.elasticity-trial"].expires_on == today + dt.timedelta(days=4)
    old, new = resources["marketing.autumn-shoes"], resources["customer.loyalty-letters"]
    assert (old.version.number, new.version.number) == (1, 2)
    assert old.version.blueprint.owner.slug == "web-analytics"
    assert old.version.blueprint.current == new.version
    port = OutputPort.objects.get(fqn="sales.orders/orders-by-day@1")
    assert port.location["instance"] == str(resources[port.fqn].pk)
    with connected(built_in(None)) as conn:
        table = sql.Identifier(port.location["schema"], *port.location["tables"].values())
        counted = conn.execute(sql.SQL("SELECT sum(orders) FROM {}").format(table)).fetchone()
    assert counted == (ROWS,)


def test_loading_again_asks_for_nothing_and_keeps_the_further_port(made):
    before = [Request.objects.count(), Operation.objects.count(), BlueprintVersion.objects.count()]

    load_catalogue()
    load_services()

    after = [Request.objects.count(), Operation.objects.count(), BlueprintVersion.objects.count()]
    assert after == before
    assert OutputPort.objects.filter(fqn="sales.orders/orders-by-day@1").exists()


def test_a_drift_is_seen_once_and_does_not_come_back_when_mended(made, monkeypatch):
    port = OutputPort.objects.get(fqn="sales.orders/orders-by-day@1")
    drift = {**read("services"), "drift": {"port": port.fqn, "column": "orders"}}
    monkeypatch.setattr(services, "read", lambda _name: drift)
    instance = Instance.objects.get(pk=port.location["instance"])

    services.load_ends_and_drift()
    instance.refresh_from_db()
    assert [(each["what"], each["kind"]) for each in instance.drift] == [("changed", "column")]

    repair(instance=instance, actor=system_actor())
    warehouse.work_off()
    services.load_ends_and_drift()
    look_at(Instance.objects.get(pk=instance.pk))
    instance.refresh_from_db()
    assert instance.drift == []
    assert OutboxEvent.objects.filter(topic="resource.expiring").count() == 1
