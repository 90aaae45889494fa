"""The same answers over GraphQL, at a constant number of statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.states import PortalRole
from catalog.lineage.models import DatasetEdge
from tests.catalog.lineage.ground import chain, column, offered
from tests.catalog.lineage.test_questions import ask, signed_in
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return signed_in(UserFactory())


def query(client, text, **variables):
    body = {"query": text, "variables": variables}
    answer = client.post("/graphql/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


GRAPH = """query ($node: String!, $level: LineageLevel!, $at: DateTime) {
  lineage(node: $node, level: $level, at: $at) {
    totalNodes truncated asOf hidden { upstream downstream }
    nodes { id kind side distance name page dataset dataType classification
            more { upstream downstream } product { fqn } owner { slug } }
    edges { source target via origin transformation masking firstSeen lastSeen } } }"""
IMPACT = """query ($node: String!, $first: Int!, $after: String) {
  lineageImpact(node: $node, first: $first, after: $after) {
    level truncated endCursor
    totals { products owners teams consumers datasets columns hidden }
    products { distance columns datasets otherConsumers consumers { id name until }
               product { fqn owner { slug } domain { path } } } } }"""


def test_a_graph_of_columns_says_what_rest_says(member):
    a, b, c = offered("a"), offered("b"), offered("c", visibility="restricted")
    one, other = column(a, "x"), column(b, "y")
    chain(one, other, transformation="DIRECT", masking=True)
    chain(other, column(c, "z"))
    node = f"column:{a.namespace}:a#x"

    graph = query(member, GRAPH, node=node, level="COLUMN")["data"]["lineage"]
    rest = ask(member, nodeId=node, level="column")

    shown = [each for each in rest["nodes"] if each["kind"] != "hidden"]
    for said, wanted in zip(graph["nodes"], shown, strict=True):
        assert said["side"].lower() == wanted["side"]
        assert said["product"]["fqn"] == wanted["product"]
        same = ("id", "name", "more", "dataset", "classification")
        assert [said[key] for key in same] == [wanted[key] for key in same]
        assert (said["page"], said["dataType"]) == (wanted["url"], wanted["data_type"])
    assert graph["hidden"] == rest["hidden"] == {"upstream": 0, "downstream": 1}
    [edge] = graph["edges"]
    assert (edge["transformation"], edge["masking"], edge["origin"]) == ("DIRECT", True, "LINEAGE")


def test_a_graph_as_of_a_moment(member):
    a = offered("a")
    chain(a, offered("b"))

    def total(at):
        graph = query(member, GRAPH, node=a.node_id, level="DATASET", at=at)["data"]["lineage"]
        return graph["totalNodes"]

    assert (total("2020-01-01T00:00:00"), total("2099-01-01T00:00:00+00:00")) == (1, 2)


def test_an_impact_in_pages(member):
    hub = offered("hub")
    for n in range(3):
        chain(hub, offered(f"d{n}"))

    first = query(member, IMPACT, node=hub.node_id, first=2)["data"]["lineageImpact"]
    rest = query(member, IMPACT, node=hub.node_id, first=9, after=first["endCursor"])
    rest = rest["data"]["lineageImpact"]

    whole = ask(member, "/impact", nodeId=hub.node_id)
    found = first["products"] + rest["products"]
    assert [each["product"]["fqn"] for each in found] == [
        row["product"] for row in whole["results"]
    ]
    assert first["totals"] == whole["totals"]
    assert (first["level"], rest["endCursor"]) == ("DATASET", None)


def test_paths_sources_orphans_and_cycles(member):
    a, b, c = (ProductFactory() for _ in "abc")
    chain(a, b, a)
    chain(c, a)
    lone = offered("lone")
    ids = [f"product:{each.fqn}" for each in (a, b, c)]
    text = """query ($start: String!, $end: String!) {
      lineagePath(start: $start, end: $end, first: 9) { nodes { id } edges { source target } }
      lineageSources(node: $end, first: 9) { total hidden nodes { id distance } }
      lineageOrphans(first: 1) { edges { node { id } } pageInfo { hasNextPage } }
      lineageCycles(first: 9) { size nodes { id } } }"""

    found = query(member, text, start=ids[2], end=ids[1])["data"]

    assert [each["id"] for each in found["lineagePath"]["nodes"]] == [ids[2], ids[0], ids[1]]
    assert found["lineageSources"]["nodes"] == [{"id": ids[2], "distance": -2}]
    [edge] = found["lineageOrphans"]["edges"]
    assert edge["node"]["id"] == lone.node_id
    assert found["lineageOrphans"]["pageInfo"] == {"hasNextPage": False}
    [cycle] = found["lineageCycles"]
    assert (cycle["size"], {each["id"] for each in cycle["nodes"]}) == (2, set(ids[:2]))
    short = "query ($s: String!, $e: String!) { lineagePath(start: $s, end: $e, first: 2) {level} }"
    refused = query(member, short, s=ids[2], e=ids[1])
    assert refused["errors"][0]["extensions"]["code"] == "invalid"


def test_what_one_may_not_see_is_null(member):
    secret = offered("secret", visibility="restricted")
    text = """query ($n: String!) {
      lineageImpact(node: $n, first: 1) { level } lineageSources(node: $n, first: 1) { total }
      lineagePath(start: $n, end: $n, first: 5) { level } lineage(node: $n) { totalNodes } }"""

    answer = query(member, text, n=secret.node_id)

    assert answer["data"] == {
        "lineageImpact": None,
        "lineageSources": None,
        "lineagePath": None,
        "lineage": {"totalNodes": 0},
    }
    assert "errors" not in answer


def test_an_impact_costs_what_it_costs_whatever_is_reached():
    client = signed_in(UserFactory(portal_role=PortalRole.STEWARD))
    hub = offered("hub")

    def cost(grown):
        for n in range(grown):
            chain(hub, offered(f"d{n}-{DatasetEdge.objects.count()}"))
        with CaptureQueriesContext(connection) as caught:
            query(client, IMPACT, node=hub.node_id, first=100)
        return len(caught)

    cost(2)
    assert cost(1) == cost(20)
