"""Incidents and staleness by REST and GraphQL: what is told, what it costs, what is refused."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.contracts.models import Sla
from catalog.lineage.models import ProductEdge
from catalog.products.models import DataProduct
from catalog.products.services.indexing import reindex
from catalog.quality.models import Incident, IncidentEvent, QualitySettings
from tests.clients import script
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
UNKNOWN = "0190c8a5-7c1e-7000-8000-000000000000"
BODIES = {"assign": {"person": "olga"}, "notes": {"note": "x"}, "resolve": {"note": "x"}}
BOOKKEEPING = ("SAVEPOINT", "RELEASE", "SET LOCAL", "INSERT INTO core_graphqlbudget", "WITH mine")


@pytest.fixture
def team():
    return TeamFactory(slug="sales")


@pytest.fixture
def product(team):
    return PortFactory(product=ProductFactory(owner=team, name="Orders"), name="table").product


@pytest.fixture
def owner(team):
    return Caller(member_of(team, username="olga"))


class Caller:
    """A script of somebody."""

    def __init__(self, user):
        self.client, self.headers = Client(), script(user)

    def call(self, method, path, status, body=None, **headers):
        response = getattr(self.client, method)(
            f"/api/v1/{path}",
            data=body or ({} if method == "get" else body),
            **({} if method == "get" else {"content_type": "application/json"}),
            headers={**self.headers, **headers},
        )
        assert response.status_code == status, response.content
        return response.json()

    def get(self, path, status=200):
        return self.call("get", path, status)

    def post(self, path, status=200, body=None, **headers):
        return self.call("post", path, status, body or {}, **headers)

    def ask(self, query):
        response = self.client.post(
            "/graphql/", {"query": query}, content_type="application/json", headers=self.headers
        )
        assert "errors" not in response.json(), response.content
        return response.json()["data"]


def make(product, title="Wrong", **given):
    incident = Incident.objects.create(
        product=product, title=title, **{"cause": "manual", "broke_at": timezone.now(), **given}
    )
    IncidentEvent.objects.create(incident=incident, kind="opened")
    return incident


def test_an_incident_is_handled_by_script(owner, product):
    made = owner.post(
        f"products/{product.fqn}/incidents",
        201,
        {"title": "Wrong prices", "port": "table@1", "broke_at": "2026-01-02T03:04:05Z"},
    )
    path = f"incidents/{made['id']}"

    assert made["severity"] == "major"
    assert made["broke_at"] == "2026-01-02T03:04:05Z"
    assert made["port"] == product.output_ports.get().fqn
    assert owner.post(f"{path}/acknowledge")["assignee"] == "olga"
    assert owner.post(f"{path}/assign", 200, {"person": ""})["assignee"] is None
    owner.post(f"{path}/notes", 200, {"note": "The loader hung."})
    done = owner.post(f"{path}/resolve", 200, {"note": "Loaded again."})
    assert done["state"] == "resolved"
    assert [each["kind"] for each in owner.get(path)["events"]] == [
        *("opened", "acknowledged", "assigned", "assigned", "note", "resolved"),
    ]
    assert owner.get("incidents")["results"] == []
    assert [each["id"] for each in owner.get("incidents?state=all&mine=true")["results"]] == [
        made["id"]
    ]


def test_the_same_report_sent_twice_is_one(owner, product):
    path, body = f"products/{product.fqn}/incidents", {"title": "Wrong"}

    answers = [owner.post(path, 201, body, **{"Idempotency-Key": "a"}) for _ in range(2)]

    assert answers[0] == answers[1]
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("assign", {"person": "stranger"}, 422, "not-of-the-team"),
        ("assign", {"person": 7}, 422, "not-text"),
        ("resolve", {}, 422, "note-missing"),
        ("resolve", {"note": "x" * 2001}, 422, "too-long"),
        ("notes", {"note": "a\0b"}, 422, None),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(owner, product, path, body, status, code):
    UserFactory(username="stranger")
    found = make(product)

    refused = owner.post(f"incidents/{found.pk}/{path}", status, body)

    if code:
        assert [each["code"] for each in refused["problems"]] == [code]
    assert found.events.count() == 1
    assert Incident.objects.values_list("state", "assignee").get() == ("open", None)


@pytest.mark.parametrize("verb", ["acknowledge", "assign", "resolve"])
def test_a_resolved_one_is_not_handled_again(owner, product, verb):
    found = make(product, state="resolved", resolved_at=timezone.now())

    refused = owner.post(f"incidents/{found.pk}/{verb}", 409, BODIES.get(verb, {}))

    assert refused["type"] == "/problems/invalid-transition"
    assert refused["state"] == "resolved"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing"),
        ({"title": 3}, "not-text"),
        ({"title": "x", "severity": "bad"}, "unknown-choice"),
        ({"title": "x", "broke_at": "yesterday"}, "not-a-moment"),
        ({"title": "x", "broke_at": "2026-01-02T03:04:05"}, "not-a-moment"),
        ({"title": "x", "broke_at": "2999-01-02T03:04:05Z"}, "in-the-future"),
        ({"title": "x", "port": "other@1"}, "unknown-port"),
    ],
)
def test_a_report_with_a_mistake_is_refused(owner, product, body, code):
    refused = owner.post(f"products/{product.fqn}/incidents", 422, body)

    assert [each["code"] for each in refused["problems"]] == [code]
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("query", "code"), [("state=awful", "unknown-state"), ("mine=no", "unknown-mine")]
)
def test_the_list_refuses_what_it_does_not_know(owner, query, code):
    assert owner.get(f"incidents?{query}", 422)["problems"][0]["code"] == code


def test_foreign_ones_answer_like_unknown_ones(product):
    DataProduct.objects.update(visibility="restricted")
    found = make(product)
    stranger = Caller(UserFactory())

    for verb in ("", "/acknowledge", "/assign", "/notes", "/resolve"):
        method = "post" if verb else "get"
        answers = [
            stranger.call(method, f"incidents/{pk}{verb}", 404, BODIES.get(verb[1:], {}))
            for pk in (found.pk, UNKNOWN)
        ]
        assert answers[0] == answers[1]
    assert stranger.get("incidents")["results"] == []
    asked = (
        f'{{ incident(id: "{found.pk}") {{ title }} incidents(first: 5) {{ edges {{ cursor }} }} }}'
    )
    assert stranger.ask(asked) == {"incident": None, "incidents": {"edges": []}}


def test_settings_are_changed_in_part(owner, product):
    path = f"products/{product.fqn}/quality-settings"
    usual = {
        "score_threshold": None,
        "downstream_hops": 1,
        "watches_promises": True,
        "watches_anomalies": False,
    }

    assert owner.get(path) == usual
    assert owner.call("patch", path, 200, {"score_threshold": 90}) == {
        **usual,
        "score_threshold": 90.0,
    }
    assert owner.call("patch", path, 200, {"downstream_hops": 3})["score_threshold"] == 90.0
    for wrong in (
        {"score_threshold": "90"},
        {"score_threshold": True},
        {"score_threshold": 101},
        {"downstream_hops": 4},
        {"downstream_hops": 1.5},
        {"watches_anomalies": "yes"},
        {"watches_promises": None},
        {"threshold": 9},
    ):
        refused = owner.call("patch", path, 422, wrong)
        assert refused["problems"][0]["pointer"] == f"/{next(iter(wrong))}"
    kept = QualitySettings.objects.get()
    assert (kept.score_threshold, kept.downstream_hops, kept.watches_anomalies) == (90, 3, False)


def late(product, hours=1):
    version = ContractVersionFactory()
    Sla.objects.create(version=version, property="latency", value=str(hours), unit="h")
    product.output_ports.update(contract=version.contract, contract_version=version)
    written = timezone.now() - dt.timedelta(hours=9)
    DataProduct.objects.filter(pk=product.pk).update(written_at=written)


def test_staleness_names_what_is_late(owner, product, team):
    source = PortFactory(product=ProductFactory(owner=team, name="Tills")).product
    hidden = PortFactory(product=ProductFactory(name="Secret", visibility="restricted")).product
    for each in (source, hidden):
        ProductEdge.objects.create(source=each, target=product, origin="declared")
        late(each)

    told = owner.get(f"products/{product.fqn}/quality")["staleness"]
    asked = owner.ask(
        f'{{ product(fqn: "{product.fqn}") {{ staleness {{ isStale lateSince'
        " causes { distance lateSince product { fqn } } } } }"
    )["product"]["staleness"]

    assert (told["is_stale"], told["late_since"]) == (True, None)
    assert {each["product"] for each in told["causes"]} == {source.fqn, None}
    assert [each["written_at"] is None for each in told["causes"] if each["product"] is None] == [
        True
    ]
    assert asked["isStale"]
    assert {each["product"] and each["product"]["fqn"] for each in asked["causes"]} == {
        source.fqn,
        None,
    }


def test_mutations_say_what_came_of_them(owner, product):
    made = owner.ask(
        f'mutation {{ reportIncident(product: "{product.fqn}", title: "Wrong", severity: CRITICAL)'
        " { incident { id severity cause product { fqn } } problems { code } } }"
    )["reportIncident"]
    pk = made["incident"]["id"]

    def do(field, arguments=""):
        asked = "{ incident { state assignee { username } } problems { code } }"
        return owner.ask(f'mutation {{ {field}(id: "{pk}"{arguments}) {asked} }}')[field]

    assert made["incident"]["severity"] == "CRITICAL"
    assert made["incident"]["product"] == {"fqn": product.fqn}
    taken = do("acknowledgeIncident")["incident"]
    assert taken == {"state": "ACKNOWLEDGED", "assignee": {"username": "olga"}}
    assert do("assignIncident", ', person: "nobody"')["problems"] == [{"code": "not-of-the-team"}]
    assert do("noteOnIncident", ', note: "Found"')["problems"] == []
    assert do("resolveIncident", ', note: "Done"')["incident"]["state"] == "RESOLVED"
    assert do("resolveIncident", ', note: "Done"')["problems"] == [{"code": "invalid-transition"}]


PRODUCTS = (
    "{ products(first: 20) { edges { node { fqn"
    " incidents(first: 3, state: ALL) { edges { node { title state assignee { username }"
    " port { fqn } events(first: 2) { edges { node { kind actor note } } } } } }"
    " staleness { isStale causes { distance product { fqn } } } } } } }"
)
INCIDENTS = (
    "{ incidents(first: 50) { edges { node { title product { fqn owner { slug } }"
    " events(first: 3) { edges { node { at kind } } } } } pageInfo { hasNextPage } } }"
)


def statements(caller, query):
    with CaptureQueriesContext(connection) as context:
        caller.ask(query)
    return len([each for each in context if not each["sql"].startswith(BOOKKEEPING)])


@pytest.mark.parametrize(("query", "most"), [(PRODUCTS, 12), (INCIDENTS, 7)])
def test_a_query_costs_the_same_whatever_it_holds(owner, team, query, most):
    def grow(count):
        for _ in range(count):
            source, target = (PortFactory(product=ProductFactory(owner=team)).product for _ in "ab")
            ProductEdge.objects.create(source=source, target=target, origin="declared")
            late(source)
            port = source.output_ports.get()
            for n in range(3):
                make(source, f"Wrong {n}", port=port, assignee=team.members.get(username="olga"))
        reindex(list(DataProduct.objects.values_list("pk", flat=True)))

    grow(1)
    owner.ask(query)  # the first use of a token writes it
    few = statements(owner, query)
    grow(6)

    assert statements(owner, query) == few <= most
    assert str(owner.ask(query)).count("OPENED") == 21  # it held them
