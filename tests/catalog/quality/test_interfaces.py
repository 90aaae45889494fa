"""REST, GraphQL and linked data of quality say what the pages say."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.compare import isomorphic

from catalog.products.models import DataProduct
from catalog.quality.formats.dqv import Measured, as_json_ld, as_turtle, triples
from catalog.quality.models import DimensionWeight, QualityCheck
from catalog.quality.services import ResultData, record_results
from core import outbox
from tests.factories import (
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
DQV = Namespace("http://www.w3.org/ns/dqv#")


@pytest.fixture
def team():
    return TeamFactory(domain=DomainFactory(path="sales", owner=TeamFactory()))


@pytest.fixture
def port(team):
    return PortFactory(product=ProductFactory(owner=team, slug="orders"), name="table")


@pytest.fixture
def checks(port):
    """Thirty checks, all of which lose points."""
    rows = [
        QualityCheck(port=port, key=f"dbt:{n}", name=f"check {n}", dimension=dimension)
        for n in range(10)
        for dimension in ("accuracy", "completeness", "timeliness")
    ]
    for n, row in enumerate(rows):
        row.key += str(n)
    QualityCheck.objects.bulk_create(rows)
    now = timezone.now()
    record_results(
        source="dbt",
        results=[ResultData(each.pk, "fail", now, 100, 1 + n) for n, each in enumerate(rows)],
    )
    return rows


@pytest.fixture
def reader():
    return signed_in(UserFactory())


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(client, path, **asked):
    answer = client.get(f"/api/v1/{path}", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_explanation_adds_up_though_it_names_twenty(reader, port, checks):
    said = get(reader, f"products/{port.product.fqn}/quality")

    rows = said["explanation"]
    assert (len(rows), rows[-1]["check"], rows[-1]["id"]) == (21, "10 others", None)
    assert abs(100 - sum(each["lost_points"] for each in rows) - said["score"]) < 1e-5
    assert round(100 - sum(each["shown"] for each in rows), 6) == 84.5
    assert said["score"] == 84.5
    assert said["completeness"]["score"] == 0
    assert {"name": "purpose", "share": 0, "to_do": "Say in a sentence what it is for."} in said[
        "completeness"
    ]["aspects"]


def test_checks_are_paged_and_filtered(reader, port, checks):
    said = get(reader, f"products/{port.product.fqn}/quality", page_size=20)
    rest = reader.get(said["checks_next"]).json()

    assert said["checks_count"] == 30
    assert len(said["checks"]) == 20
    assert len({each["id"] for each in said["checks"] + rest["results"]}) == 30
    found = get(reader, f"products/{port.product.fqn}/quality/checks", dimension="accuracy")
    assert len(found["results"]) == 10
    found = get(reader, f"products/{port.product.fqn}/quality/checks", outcome="never")
    assert found["results"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("quality/checks?outcome=bad", 422, "unknown-outcome"),
        ("quality/checks?dimension=speed", 422, "unknown-dimension"),
        ("quality/checks?cursor=x", 422, "bad-cursor"),
        ("quality/checks?page_size=0", 400, ""),
        ("quality?days=0", 400, ""),
        ("quality?days=367", 400, ""),
        ("quality?days=-1", 400, ""),
        ("quality?days=1e2", 400, ""),
        ("quality/checks/999999999999", 404, ""),
        ("quality/checks/99999999999999999999999", 404, ""),
    ],
)
def test_bad_questions_are_refused(reader, port, checks, query, status, code):
    answer = reader.get(f"/api/v1/products/{port.product.fqn}/{query}")

    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    assert [each["code"] for each in answer.json().get("problems", [])] == ([code] if code else [])


def test_a_check_and_its_history(reader, port, checks):
    check = checks[0]
    now = timezone.now()
    older = [ResultData(check.pk, "pass", now - dt.timedelta(days=n)) for n in range(1, 6)]
    record_results(source="dbt", results=older)
    place = f"products/{port.product.fqn}/quality/checks/{check.pk}"

    one = get(reader, place)
    first = get(reader, f"{place}/results", page_size=4)
    second = reader.get(first["next"]).json()
    file = reader.get(f"/api/v1/{place}/results", headers={"Accept": "text/csv"})

    assert (one["outcome"], one["failed"], one["source"]) == ("fail", 1, None)
    moments = [each["at"] for each in first["results"] + second["results"]]
    assert len(moments) == 6
    assert moments == sorted(moments, reverse=True)
    assert second["next"] is None
    assert file.getvalue().decode().count("\n") == 7


def test_weights_by_rest(port, team, checks):
    owner = signed_in(member_of(team.domain.owner))
    place = "/api/v1/domains/sales/quality-weights"

    saved = owner.put(place, {"timeliness": 0}, content_type="application/json")
    refused = owner.put(place, {"timeliness": "much"}, content_type="application/json")
    while outbox.drain():
        pass

    assert saved.json()["source"] == "sales"
    assert saved.json()["weights"]["timeliness"] == 0
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["pointer"] == "/timeliness"
    assert dict(DimensionWeight.objects.values_list("dimension", "weight")) == {"timeliness": 0}
    assert DataProduct.objects.get().quality_score == 85
    below = DomainFactory(path="sales.emea", parent=team.domain)
    assert get(owner, f"domains/{below.path}/quality-weights")["source"] == "sales"
    stranger = signed_in(UserFactory())
    assert stranger.put(place, {}, content_type="application/json").status_code == 403


def test_the_grid_of_a_domain_by_rest(reader, port, checks, team):
    ProductFactory(owner=team, slug="alone")
    ProductFactory(owner=team, slug="hidden", visibility="restricted", quality_score=1)

    first = get(reader, "domains/sales/quality", page_size=1)
    second = reader.get(first["next"]).json()

    [row] = first["results"]
    assert (row["product"], row["score"]) == (port.product.fqn, 84.5)
    rounded = {name: round(score, 6) for name, score in row["dimensions"].items()}
    assert rounded == {"accuracy": 85.5, "completeness": 84.5, "timeliness": 83.5}
    assert [each["product"] for each in second["results"]] == ["sales.alone"]
    assert second["next"] is None


def test_a_badge_is_shared_by_rest(team, port, checks):
    owner = signed_in(member_of(team))
    place = f"/api/v1/products/{port.product.fqn}/badge"

    made = owner.post(place)
    again = owner.post(place)
    gone = owner.delete(place)
    twice = owner.delete(place)

    assert (made.status_code, gone.status_code, twice.status_code) == (201, 204, 404)
    assert made.json()["url"] == again.json()["url"]
    assert Client().get(made.json()["url"]).status_code == 404


# linked data


def test_linked_data_says_the_score_its_dimensions_and_the_checks(reader, port, checks):
    place = f"/api/v1/products/{port.product.fqn}/quality/dqv"
    answer = reader.get(place)
    turtle = reader.get(place, headers={"Accept": "text/turtle"})

    assert answer["Content-Type"].startswith("application/ld+json")
    assert turtle["Content-Type"].startswith("text/turtle")
    graph = Graph().parse(data=answer.content, format="json-ld")
    assert isomorphic(graph, Graph().parse(data=turtle.content, format="turtle"))
    product = URIRef(f"http://testserver{port.product.get_absolute_url()}")
    measurements = set(graph.objects(product, DQV.hasQualityMeasurement))
    assert len(measurements) == 1 + 3 + 30
    for each in measurements:
        assert (each, RDF.type, DQV.QualityMeasurement) in graph
        assert (each, DQV.computedOn, product) in graph
        [metric] = graph.objects(each, DQV.isMeasurementOf)
        assert (metric, RDF.type, DQV.Metric) in graph
        [value] = graph.objects(each, DQV.value)
        assert 0 <= value.toPython() <= 100
    score = URIRef(f"{product}#quality-score")
    [value] = graph.objects(score, DQV.value)
    assert value.toPython() == 84.5
    [metric] = graph.objects(URIRef(f"{product}#quality-accuracy"), DQV.isMeasurementOf)
    [dimension] = graph.objects(metric, DQV.inDimension)
    assert (dimension, RDF.type, DQV.Dimension) in graph


def test_names_cannot_break_out_of_linked_data():
    hostile = 'a"\\ \n> <x> . 🚀 \u0001 {"@id": 1}'
    at = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    said = triples(
        "/products/a b>c/",
        "http://x",
        [Measured(hostile, "accuracy", 5, at, "/products/x/checks/1/")],
    )

    graph = Graph().parse(data=json.dumps(as_json_ld(said)), format="json-ld")

    assert isomorphic(graph, Graph().parse(data=as_turtle(said), format="turtle"))
    assert hostile in {str(each) for each in graph.objects()}


# GraphQL


def ask(client, query):
    answer = client.post("/graphql/", {"query": query}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert "errors" not in answer.json(), answer.content
    return answer.json()["data"]


def test_graphql_says_the_same(reader, port, checks):
    fqn = port.product.fqn
    quality = ask(
        reader,
        f"""{{ product(fqn: "{fqn}") {{ quality {{ score
            explanation {{ id check lostPoints shown }}
            completeness {{ score aspects {{ name share toDo }} }}
            check(id: "{checks[0].pk}") {{ name failed results(first: 5)
                {{ edges {{ node {{ at outcome failed source }} }} }} }} }} }} }}""",
    )["product"]["quality"]
    rest = get(reader, f"products/{fqn}/quality")

    assert quality["score"] == rest["score"]
    for ours, theirs in zip(quality["explanation"], rest["explanation"], strict=True):
        assert ours["id"] == (theirs["id"] and str(theirs["id"]))
        assert ours["shown"] == theirs["shown"]
        assert abs(ours["lostPoints"] - theirs["lost_points"]) < 1e-9
    assert quality["completeness"]["score"] == 0
    assert quality["check"]["failed"] == 1
    [edge] = quality["check"]["results"]["edges"]
    assert (edge["node"]["outcome"], edge["node"]["source"]) == ("FAIL", "dbt")


@pytest.mark.parametrize("check_id", ["0", "x", "99999999999999999999", "-1"])
def test_an_unknown_check_is_null(reader, port, checks, check_id):
    other = PortFactory(product=ProductFactory())
    hidden = QualityCheck.objects.create(port=other, key="a", name="a", dimension="accuracy")
    for asked in (check_id, hidden.pk):
        found = ask(
            reader,
            f'{{ product(fqn: "{port.product.fqn}") {{ quality {{'
            f' check(id: "{asked}") {{ name }} }} }} }}',
        )
        assert found["product"]["quality"]["check"] is None


def test_pages_of_results_by_graphql(reader, port, checks):
    now = timezone.now()
    for check in checks[:2]:
        older = [ResultData(check.pk, "pass", now - dt.timedelta(days=n)) for n in range(1, 6)]
        record_results(source="dbt", results=older)
    after, moments = "", []
    while after is not None:
        said = f', after: "{after}"' if after else ""
        page = ask(
            reader,
            f'{{ product(fqn: "{port.product.fqn}") {{ quality {{'
            f' check(id: "{checks[0].pk}") {{ results(first: 4{said}) {{'
            " edges { node { at } } pageInfo { hasNextPage endCursor } } } } } }",
        )["product"]["quality"]["check"]["results"]
        moments += [each["node"]["at"] for each in page["edges"]]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None

    assert len(moments) == 6
    assert moments == sorted(moments, reverse=True)


def test_graphql_costs_the_same_for_many_products(reader, port, checks, team):
    query = """{ products(first: 20) { edges { node { quality { score completeness { score }
        explanation { shown } checks(first: 5) { edges { node { name
        results(first: 2) { edges { node { at } } } } } } } } } } }"""

    def cost():
        with CaptureQueriesContext(connection) as context:
            ask(reader, query)
        return len(context)

    ask(reader, query)
    before = cost()
    for _ in range(5):
        other = PortFactory(product=ProductFactory(owner=team))
        check = QualityCheck.objects.create(port=other, key="a", name="a", dimension="accuracy")
        record_results(source="x", results=[ResultData(check.pk, "fail", timezone.now())])

    assert cost() <= before
