"""What GraphQL says of products, and what it costs."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.lineage.models import ProductEdge
from catalog.products.models import DataProduct
from catalog.products.services.indexing import reindex
from catalog.products.states import ProductStatus
from catalog.quality.models import DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.states import Dimension, Outcome
from tests.factories import PortFactory, ProductFactory, TeamFactory, member_of
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db

WHOLE = """
query ($fqn: String!) {
  product(fqn: $fqn) {
    fqn name status url
    owner { slug name }
    domain { path }
    ownership { kind team { slug } }
    quality {
      score coverage stale measuredAt
      dimensions { dimension score weight checks }
      trend { day score }
      checks(first: 5) { edges { node { name outcome dimension port { fqn } } } }
      explanation { check lostPoints }
    }
    upstream { id kind distance name owner { slug } product { fqn } }
    downstream { id }
    outputPorts {
      edges { cursor node { fqn technology contract { name } } }
      pageInfo { hasNextPage endCursor }
    }
    inputPorts { edges { node { name } } }
    consumerCount
  }
}
"""
LISTED = """
query ($first: Int!) {
  products(first: $first, orderBy: NAME) {
    edges {
      node {
        fqn
        owner { name }
        quality { score dimensions { dimension score } }
        upstream { id distance }
      }
    }
  }
}
"""


def measured_product(**fields):
    product = ProductFactory(
        quality_score=80.0, quality_coverage=0.5, quality_measured_at=timezone.now(), **fields
    )
    DimensionScore.objects.create(
        product=product, dimension=Dimension.ACCURACY, score=80, weight=1, checks=2
    )
    return product


def edge(source, target):
    ProductEdge.objects.create(source=source, target=target, origin="lineage")


@pytest.mark.smoke
def test_a_token_reads_everything_about_a_product(ask):
    source, product = ProductFactory(), measured_product()
    edge(source, product)
    port = PortFactory(product=product, technology="postgresql")
    check = QualityCheck.objects.create(
        port=port, key="k", name="No gaps", dimension="accuracy", outcome=Outcome.FAIL, score=0.8
    )
    ScoreSnapshot.objects.create(product=product, day=timezone.now().date(), score=80, coverage=0.5)

    response = ask(WHOLE, fqn=product.fqn)

    assert response.status_code == 200
    body = response.json()
    assert "errors" not in body
    found = body["data"]["product"]
    assert found["fqn"] == product.fqn
    assert found["status"] == "ACTIVE"
    assert found["owner"]["slug"] == product.owner.slug
    assert found["domain"]["path"] == product.domain.path
    assert found["ownership"] == [{"kind": "OWNER", "team": {"slug": product.owner.slug}}]
    assert found["quality"]["score"] == 80
    assert found["quality"]["stale"] is False
    assert found["quality"]["dimensions"] == [
        {"dimension": "ACCURACY", "score": 80, "weight": 1, "checks": 2}
    ]
    assert [point["score"] for point in found["quality"]["trend"]] == [80]
    assert found["quality"]["checks"]["edges"][0]["node"] == {
        "name": check.name,
        "outcome": "FAIL",
        "dimension": "ACCURACY",
        "port": {"fqn": port.fqn},
    }
    assert found["quality"]["explanation"][0]["lostPoints"] == pytest.approx(20)
    assert found["upstream"] == [
        {
            "id": f"product:{source.fqn}",
            "kind": "PRODUCT",
            "distance": -1,
            "name": source.name,
            "owner": {"slug": source.owner.slug},
            "product": {"fqn": source.fqn},
        }
    ]
    assert found["downstream"] == []
    assert found["outputPorts"]["edges"][0]["node"]["technology"] == "postgresql"
    assert found["outputPorts"]["pageInfo"]["hasNextPage"] is False


def test_the_number_of_statements_does_not_grow_with_the_list(ask):
    products = [measured_product(name=f"p{n:02}") for n in range(50)]
    source = ProductFactory()
    for product in products:
        edge(source, product)
    reindex([product.pk for product in products])
    ask(LISTED, first=1)

    counts = []
    for first in (1, 50):
        with CaptureQueriesContext(connection) as captured:
            response = ask(LISTED, first=first)
        assert len(response.json()["data"]["products"]["edges"]) == first
        counts.append([row["sql"] for row in captured if not bookkeeping(row["sql"])])

    assert len(counts[0]) == len(counts[1]) <= 8, counts[1]


def bookkeeping(sql: str) -> bool:
    """Who asks, savepoints of the test, the budget and the time limit."""
    starts = ("SAVEPOINT", "RELEASE", "SET LOCAL", "INSERT INTO core_graphqlbudget")
    return (
        sql.strip().startswith(starts) or "accounts_apitoken" in sql or "accounts_membership" in sql
    )


def test_pages_follow_each_other_without_gap_or_repeat(ask):
    products = [ProductFactory(name=f"p{n}") for n in range(5)]
    reindex([product.pk for product in products])
    query = """query ($after: String) { products(first: 2, after: $after, orderBy: NAME) {
        totalCount edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }"""

    names, after, more = [], None, True
    while more:
        page = ask(query, after=after).json()["data"]["products"]
        names += [each["node"]["name"] for each in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert names == ["p0", "p1", "p2", "p3", "p4"]
    assert page["totalCount"] == 5


def test_a_cursor_holds_its_place_while_rows_come_and_go(ask):
    products = [ProductFactory(name=f"p{n}") for n in range(6)]
    reindex([product.pk for product in products])
    query = """query ($after: String) { products(first: 2, after: $after, orderBy: NAME) {
        edges { node { id name } } pageInfo { endCursor } } }"""

    one = ask(query).json()["data"]["products"]
    early, late = ProductFactory(name="p0a"), ProductFactory(name="p2a")
    reindex([early.pk, late.pk])
    DataProduct.objects.filter(pk=products[1].pk).delete()  # the row that the cursor came from
    reindex([products[1].pk])
    two = ask(query, after=one["pageInfo"]["endCursor"]).json()["data"]["products"]

    assert [each["node"]["name"] for each in one["edges"]] == ["p0", "p1"]
    assert [each["node"]["name"] for each in two["edges"]] == ["p2", "p2a"]
    ids = [each["node"]["id"] for each in one["edges"]]
    assert ids == [str(product.pk) for product in products[:2]]


def test_nested_pages_follow_each_other(ask):
    product = ProductFactory()
    ports = [PortFactory(product=product, position=n) for n in range(3)]
    query = """query ($fqn: String!, $after: String) { product(fqn: $fqn) {
        outputPorts(first: 2, after: $after) {
          edges { node { fqn } } pageInfo { hasNextPage endCursor } } } }"""

    one = ask(query, fqn=product.fqn).json()["data"]["product"]["outputPorts"]
    two = ask(query, fqn=product.fqn, after=one["pageInfo"]["endCursor"]).json()

    assert [each["node"]["fqn"] for each in one["edges"]] == [port.fqn for port in ports[:2]]
    rest = two["data"]["product"]["outputPorts"]
    assert [each["node"]["fqn"] for each in rest["edges"]] == [ports[2].fqn]
    assert rest["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("status: [DRAFT]", ["draft"]),
        ("minScore: 50", ["good"]),
        ("belowScore: 91", ["good"]),
        ("belowScore: 90", []),
        ('classification: ["secret"]', ["good"]),
        ('technology: "kafka"', []),
        ('term: "Order"', []),
        ('tag: "gold"', ["good"]),
        ('search: "goo"', ["good"]),
        ('team: "nobody"', []),
        ("archetype: [AGGREGATE]", ["good"]),
    ],
)
def test_products_are_filtered(arguments, expected):
    team = TeamFactory()
    good = ProductFactory(
        name="good",
        owner=team,
        quality_score=90,
        tags=["gold"],
        archetype="aggregate",
        classification="secret",
    )
    draft = ProductFactory(name="draft", owner=team, status=ProductStatus.DRAFT)
    reindex([good.pk, draft.pk])
    ask = ask_as(member_of(team))

    response = ask(
        f"{{ products(first: 9, orderBy: NAME, {arguments}) {{ edges {{ node {{ name }} }} }} }}"
    )

    names = [each["node"]["name"] for each in response.json()["data"]["products"]["edges"]]
    assert names == expected


def test_what_one_may_not_see_is_null_without_an_error(ask):
    hidden = ProductFactory(status=ProductStatus.DRAFT)
    port = PortFactory(product=hidden)
    query = """query ($fqn: String!, $port: String!) {
        product(fqn: $fqn) { fqn } outputPort(fqn: $port) { fqn }
        lineage(node: $fqn) { totalNodes nodes { id } } }"""

    unseen = ask(query, fqn=hidden.fqn, port=port.fqn).json()
    unknown = ask(query, fqn="no.such", port="no.such/port@1").json()

    assert unseen["data"] == unknown["data"]
    assert unseen["data"]["product"] is None
    assert "errors" not in unseen


def test_lineage_hides_what_one_may_not_see_on_the_way(ask):
    hidden, product, far = ProductFactory(status="draft"), ProductFactory(), ProductFactory()
    edge(hidden, product)
    edge(far, hidden)
    query = "query ($fqn: String!) { product(fqn: $fqn) { upstream(depth: 3) { id distance } } }"

    found = ask(query, fqn=product.fqn).json()["data"]["product"]["upstream"]

    assert found == [{"id": f"product:{far.fqn}", "distance": -2}]


def test_a_graph_has_nodes_edges_and_their_products(ask):
    source, product = ProductFactory(), ProductFactory()
    edge(source, product)
    query = """query ($node: String!) { lineage(node: $node, direction: UPSTREAM) {
        nodes { id distance product { owner { slug } } } edges { source target }
        totalNodes truncated } }"""

    graph = ask(query, node=f"product:{product.fqn}").json()["data"]["lineage"]

    assert [node["distance"] for node in graph["nodes"]] == [0, -1]
    assert graph["nodes"][1]["product"]["owner"]["slug"] == source.owner.slug
    ends = {"source": f"product:{source.fqn}", "target": f"product:{product.fqn}"}
    assert graph["edges"] == [ends]
    assert graph["totalNodes"] == 2


def test_an_old_trend_is_left_out(ask):
    product = ProductFactory()
    today = timezone.now().date()
    for days in (0, 40):
        ScoreSnapshot.objects.create(
            product=product, day=today - dt.timedelta(days=days), score=1, coverage=1
        )
    query = """query ($fqn: String!, $days: Int!) {
        product(fqn: $fqn) { quality { trend(days: $days) { day } } } }"""

    found = [
        len(ask(query, fqn=product.fqn, days=days).json()["data"]["product"]["quality"]["trend"])
        for days in (30, 60)
    ]

    assert found == [1, 2]
