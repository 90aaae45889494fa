"""Operational systems: written as a whole, found, linked, shown."""

import json
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.states import TeamRole
from catalog.products.data import (
    InputData,
    LinkData,
    ProductData,
    SystemData,
    SystemPortData,
)
from catalog.products.models import InputPort, System, SystemDataset, SystemPort
from catalog.products.selectors import name_problems
from catalog.products.services import link_systems, put_system, save_product
from catalog.products.states import ProductStatus
from catalog.search.models import SearchEntry
from core.documents import load_documents
from core.errors import Invalid, NotAllowed
from core.models import AuditEvent, OutboxEvent
from tests.clients import browser, script
from tests.factories import (
    DomainFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db
API = {
    "openapi": "3.1.0",
    "info": {"title": "Orders API", "version": "2.1.0"},
    "paths": {"/orders": {"get": {"summary": "All orders"}, "post": {"summary": "Place one"}}},
}


@pytest.fixture
def team():
    return TeamFactory(slug="shop", domain=DomainFactory(path="sales", name="Sales"))


@pytest.fixture
def owner(team):
    return member_of(team, username="olga")


def api(data=None, name="api", **values) -> SystemPortData:
    document = load_documents(json.dumps(data or API))[0]
    return SystemPortData(name=name, kind="openapi", document=document, **values)


def behind(*datasets) -> SystemPortData:
    return SystemPortData("tables", "database", datasets=datasets)


def shop(team, **values) -> SystemData:
    given = {"document_id": "web-shop", "name": "Web shop", "domain": team.domain, "owner": team}
    return SystemData(**given | {"ports": (api(),), "technology": "Spring"} | values)


def state():
    rows = [
        list(model.objects.order_by("pk").values()) for model in (System, SystemPort, SystemDataset)
    ]
    return [*rows, AuditEvent.objects.count(), OutboxEvent.objects.count()]


def test_a_new_system_is_named_found_by_its_operations_and_told(team, owner):
    system, action, changes = put_system(data=shop(team), actor=actor_for(owner))

    row = SearchEntry.objects.get(kind="system")
    port = system.ports.get()
    assert (system.fqn, action, changes) == ("sales.web-shop", "create", ())
    assert (port.fqn, port.title, port.version) == ("sales.web-shop/api", "Orders API", "2.1.0")
    assert [each["verb"] for each in port.operations] == ["GET", "POST"]
    assert (row.fqn, row.columns) == (system.fqn, ["GET /orders", "POST /orders"])
    assert OutboxEvent.objects.get(topic="system.changed").payload["system_id"] == str(system.pk)
    assert AuditEvent.objects.get(verb="system.created").object_id == system.fqn


def test_the_same_again_changes_nothing(team, owner):
    put_system(data=shop(team), actor=actor_for(owner))
    before = state()

    _, action, changes = put_system(data=shop(team), actor=actor_for(owner))

    assert (action, changes) == ("unchanged", ())
    assert state() == before


def test_an_update_says_what_changed_and_keeps_the_ports_that_stay(team, owner):
    first, _, _ = put_system(
        data=shop(team, ports=(api(), api(name="old"))), actor=actor_for(owner)
    )
    kept = first.ports.get(name="api").pk
    data = shop(team, purpose="Sells", ports=(api(title="API"), api(name="new")))

    system, action, changes = put_system(data=data, actor=actor_for(owner))

    assert action == "update"
    assert [each["field"] for each in changes] == ["purpose", "port api", "port new", "port old"]
    assert system.ports.get(name="api").pk == kept
    assert sorted(system.ports.values_list("name", flat=True)) == ["api", "new"]


def test_who_may_not_write_is_refused_and_nothing_changes(team, owner):
    put_system(data=shop(team), actor=actor_for(owner))
    viewer, other = member_of(team, TeamRole.VIEWER), member_of(TeamFactory())
    before = state()

    for person in (viewer, other, UserFactory()):
        with pytest.raises(NotAllowed):
            put_system(data=shop(team, purpose="Mine"), actor=actor_for(person))
    stolen = replace(shop(team), owner=other.teams.get())
    with pytest.raises(NotAllowed, match="Another team owns"):
        put_system(data=stolen, actor=actor_for(other))

    assert state() == before


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"name": " "}, "/name", "empty-value"),
        ({"status": "alive"}, "/status", "not-in-list"),
        ({"slug": "Shop"}, "/slug", "bad-slug"),
        ({"slug": "system"}, "/slug", "reserved-name"),
        ({"technology": "x" * 61}, "/technology", "too-long"),
        ({"links": (LinkData("other", "x", "javascript:alert(1)"),)}, "/links/0/url", "bad-link"),
        ({"description": "x" * 100_001}, "/description", "too-long"),
        ({"name": "Till\u202e"}, "/name", "unsafe-name"),
        ({"links": (LinkData("x", "x", "https://x.example"),)}, "/links/0/kind", "not-in-list"),
        ({"ports": (api(), api())}, "/ports/1/name", "duplicate-port"),
        ({"ports": (SystemPortData("api", "soap"),)}, "/ports/0/kind", "not-in-list"),
        ({"ports": (SystemPortData("A", "file"),)}, "/ports/0/name", "bad-slug"),
        (
            {"ports": (api({"asyncapi": "3.0.0"}, pointer="/spec"),)},
            "/spec/document",
            "missing-field",
        ),
        ({"ports": (api({"openapi": "9"}),)}, "/ports/0/document/openapi", "version-not-supported"),
        ({"ports": (behind(("", "x")),)}, "/ports/0/datasets/0/namespace", "required"),
        ({"ports": (behind(("a", "x" * 1001)),)}, "/ports/0/datasets/0/name", "too-long"),
        ({"ports": (behind(("a", "x\u202e")),)}, "/ports/0/datasets/0/name", "wrong-form"),
        ({"ports": (behind(("a", "x"), ("a", "x")),)}, "/ports/0/datasets/1", "duplicate-dataset"),
        (
            {"ports": (behind(*[("a", str(n)) for n in range(501)]),)},
            "/ports/0/datasets",
            "too-many",
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(team, owner, values, pointer, code):
    with pytest.raises(Invalid) as refused:
        put_system(data=shop(team, **values), actor=actor_for(owner))

    assert (pointer, code) in [(each.pointer, each.code) for each in refused.value.problems]
    assert not System.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_domains_products_and_systems_share_no_name(team, owner):
    actor = actor_for(owner)
    DomainFactory(path="sales.web-shop")
    ProductFactory(owner=team, slug="till")
    put_system(data=shop(team, document_id="ledger", slug="ledger"), actor=actor)

    for slug in ("web-shop", "till", "ledger"):
        with pytest.raises(Invalid) as refused:
            put_system(data=shop(team, slug=slug), actor=actor)
        assert [each.code for each in refused.value.problems] == ["name-taken"]

    problems = name_problems("ledger", "sales.ledger", None, "/slug")
    assert [each.code for each in problems] == ["name-taken"]


def test_inputs_that_waited_for_a_system_are_linked(team, owner):
    product = ProductFactory(owner=team)
    names = ("sales.web-shop", "sales.web-shop/api", "sales.web-shop/other", "sales.web-shop-2")
    waiting = [
        InputPort.objects.create(product=product, name=name, system_name=name) for name in names
    ]

    system, _, _ = put_system(data=shop(team), actor=actor_for(owner))

    found = [InputPort.objects.get(pk=each.pk) for each in waiting]
    assert [each.system for each in found] == [system, system, system, None]
    assert [each.system_port for each in found] == [None, system.ports.get(), None, None]
    assert link_systems(system_ids=[system.pk]) == 0


def test_a_product_saved_later_finds_its_system_and_keeps_it(team, owner):
    actor = actor_for(owner)
    system, _, _ = put_system(data=shop(team), actor=actor)
    data = ProductData(
        document_id="p",
        name="Orders",
        domain=team.domain,
        owner=team,
        inputs=(
            InputData("api", system="sales.web-shop/api"),
            InputData("x", system="sales.web-shop"),
        ),
    )

    save_product(data=data, actor=actor)
    more = (*data.inputs, InputData("z"))
    save_product(data=replace(data, inputs=more), actor=actor)

    found = InputPort.objects.order_by("name").values_list("name", "system", "system_port")
    assert list(found) == [
        ("api", system.pk, system.ports.get().pk),
        ("x", system.pk, None),
        ("z", None, None),
    ]


def test_the_page_shows_operations_readers_that_one_may_see_and_no_script(team, owner):
    hostile = "<script>alert(1)</script>[x](javascript:alert(1))"
    data = shop(team, purpose=hostile, description=hostile, ports=(api(description=hostile),))
    system, _, _ = put_system(data=data, actor=actor_for(owner))
    seen = ProductFactory(owner=team, name="Seen product")
    draft = ProductFactory(owner=team, name="Secret draft", status=ProductStatus.DRAFT)
    for product in (seen, draft):
        InputPort.objects.create(product=product, name="shop", system=system)

    page = browser(UserFactory()).get("/systems/sales.web-shop/").text
    filtered = browser(UserFactory()).get("/systems/sales.web-shop/?q=place").text

    assert "All orders" in page
    assert "Place one" in page
    assert "Seen product" in page
    assert "Secret draft" not in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "Place one" in filtered
    assert "All orders" not in filtered


def test_the_list_finds_by_operation_and_domain(team, owner):
    put_system(data=shop(team), actor=actor_for(owner))
    client = browser(UserFactory())

    assert "Web shop" in client.get("/systems/?q=orders").text
    assert "Web shop" in client.get("/systems/?domain=sales").text
    assert "No system matches" in client.get("/systems/?q=ledger").text
    assert "No system matches" in client.get("/systems/?domain=sal").text


def test_the_pages_cost_the_same_with_more(team, owner):
    client = browser(owner)

    def cost(address):
        with CaptureQueriesContext(
            connection,
        ) as context:
            assert client.get(address).status_code == 200
        return len(context)

    def make(at):
        ports = (api(), api(name=f"a{at}"))
        data = shop(team, document_id=f"s{at}", slug=f"s{at}", ports=ports)
        system, _, _ = put_system(data=data, actor=actor_for(owner))
        InputPort.objects.create(product=ProductFactory(owner=team), name="x", system=system)
        InputPort.objects.create(product=ProductFactory(owner=team), name="y", system=system)

    client.get("/")
    make(1)
    few = cost("/systems/"), cost("/systems/sales.s1/")
    for at in range(2, 6):
        make(at)

    assert (cost("/systems/"), cost("/systems/sales.s1/")) == few
    assert few[0] <= 6
    assert few[1] <= 9


def test_rest_makes_changes_lists_and_gives_the_document_back(team, owner):
    client, headers = Client(), script(owner)
    body = {"name": "Till", "team": "shop", "ports": [{"name": "api", "kind": "openapi"}]}
    body["ports"][0]["document"] = json.dumps(API)
    body["ports"][0]["datasets"] = [{"namespace": "kafka://till", "name": "*"}]
    put = {"content_type": "application/json", "headers": headers}

    made = client.put("/api/v1/systems/sales.till", body, **put)
    again = client.put("/api/v1/systems/sales.till", body, **put)
    changed = client.put("/api/v1/systems/sales.till", body | {"purpose": "Sells"}, **put)

    assert (made.status_code, made.json()["action"]) == (201, "create")
    assert (again.status_code, again.json()["action"]) == (200, "unchanged")
    assert [each["field"] for each in changed.json()["changes"]] == ["purpose"]
    listed = client.get("/api/v1/systems?search=orders&domain=sales&team=shop", headers=headers)
    assert [each["fqn"] for each in listed.json()["results"]] == ["sales.till"]
    document = client.get(made.json()["ports"][0]["document_url"], headers=headers)
    assert document.text == json.dumps(API)
    assert made.json()["ports"][0]["datasets"] == body["ports"][0]["datasets"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"team": "nobody"}, "/team", "unknown-team"),
        ({"tags": "x"}, "/tags", "wrong-type"),
        ({"ports": [1]}, "/ports", "wrong-type"),
        ({"ports": [{"name": 1, "kind": "file"}]}, "/ports/0/name", "wrong-type"),
        (
            {"ports": [{"name": "a", "kind": "file", "datasets": {}}]},
            "/ports/0/datasets",
            "wrong-type",
        ),
        (
            {"ports": [{"name": "a", "kind": "file", "datasets": [{"namespace": "x"}]}]},
            "/ports/0/datasets/0",
            "wrong-type",
        ),
        (
            {"ports": [{"name": "a", "kind": "openapi", "document": "a: &x 1"}]},
            "/ports/0/document/a",
            "anchor",
        ),
        (
            {"ports": [{"name": "a", "kind": "openapi", "document": "[" * 9000}]},
            "/ports/0/document",
            "too-deep",
        ),
    ],
)
def test_rest_refuses_with_pointer_and_code(team, owner, change, pointer, code):
    body = {"name": "Till", "team": "shop", **change}

    answer = Client().put(
        "/api/v1/systems/sales.till",
        body,
        content_type="application/json",
        headers=script(owner),
    )

    assert answer.status_code == 422
    found = [(each["pointer"], each["code"]) for each in answer.json()["problems"]]
    assert any(at.startswith(pointer) and which == code for at, which in found), found
    assert not System.objects.exists()


def test_graphql_reads_a_system_and_the_input_that_names_it(team, owner):
    system, _, _ = put_system(data=shop(team), actor=actor_for(owner))
    product = ProductFactory(owner=team)
    InputPort.objects.create(product=product, name="shop", system=system)
    query = """query ($fqn: String!, $product: String!) {
      system(fqn: $fqn) { name technology owner { slug }
        ports { edges { node { kind operations(first: 1) { verb name } } } } }
      systems(first: 5, domain: "sales") { totalCount edges { node { fqn } } }
      product(fqn: $product) { inputPorts { edges { node { system { fqn } } } } } }"""

    answer = browser(owner).post(
        "/graphql/",
        {"query": query, "variables": {"fqn": system.fqn, "product": product.fqn}},
        content_type="application/json",
    )

    data = answer.json()["data"]
    port = data["system"]["ports"]["edges"][0]["node"]
    assert port == {"kind": "OPENAPI", "operations": [{"verb": "GET", "name": "/orders"}]}
    assert data["systems"]["totalCount"] == 1
    inputs = data["product"]["inputPorts"]["edges"]
    assert inputs[0]["node"]["system"]["fqn"] == system.fqn
