"""The explorer as the server gives it: without script, as a file, and when a name is wrong."""

import csv
from itertools import pairwise

import pytest
from django.test import Client

from catalog.lineage.models import ProductEdge
from catalog.products.services.indexing import reindex
from catalog.products.states import ProductStatus
from tests.factories import ProductFactory, TeamFactory, UserFactory, member_of

pytestmark = pytest.mark.django_db


def browser(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def chain(team):
    """source → middle → target, and a draft of another team that reads the target."""
    products = [
        ProductFactory(owner=team, name="=Source"),
        ProductFactory(owner=team, name="Middle", quality_score=90),
        ProductFactory(owner=team, name="Target"),
        ProductFactory(name="Hidden", status=ProductStatus.DRAFT),
    ]
    for source, target in pairwise(products):
        ProductEdge.objects.create(source=source, target=target, origin="lineage")
    return products


def rows_of(answer):
    assert answer["Content-Type"] == "text/csv"
    return list(csv.DictReader(answer.getvalue().decode().splitlines()))


def test_the_file_holds_what_the_drawing_shows(team, chain):
    client, node = browser(member_of(team)), f"product:{chain[1].fqn}"

    rows = rows_of(client.get("/lineage/", {"node": node, "format": "csv"}))

    shown = client.get("/lineage/", {"node": node}).context["graph"].nodes
    assert {row["id"] for row in rows} == {each.id for each in shown}
    assert [(row["name"], row["direction"], row["steps"]) for row in rows] == [
        ("Middle", "focus", "0"),
        ("'=Source", "upstream", "1"),
        ("Target", "downstream", "1"),
    ]
    assert rows[0]["read_from"] == rows[1]["id"]
    assert rows[0]["owner"] == team.slug
    assert float(rows[0]["score"]) == 90


def test_one_direction_leaves_the_other_out(team, chain):
    query = {"node": f"product:{chain[1].fqn}", "direction": "upstream"}

    page = browser(member_of(team)).get("/lineage/", query)

    assert [node.name for node in page.context["graph"].nodes] == ["Middle", "=Source"]
    assert '<option value="upstream" selected>' in page.text
    assert "direction=upstream&amp;format=csv" in page.text
    assert "Only what Middle comes from is shown." in page.text


def test_an_unknown_direction_is_refused(team, chain):
    query = {"node": f"product:{chain[1].fqn}", "direction": "sideways"}

    answer = browser(member_of(team)).get("/lineage/", query)

    assert answer.status_code == 422
    assert "One of: upstream, downstream, both." in answer.text


def test_the_view_of_a_day_leaves_out_what_came_later(team, chain):
    client, query = browser(member_of(team)), {"node": f"product:{chain[1].fqn}"}

    before = client.get("/lineage/", query | {"at": "2020-01-01"})
    odd = client.get("/lineage/", query | {"at": "yesterday"})

    assert [node.name for node in before.context["graph"].nodes] == ["Middle"]
    assert odd.status_code == 422
    assert "Send a date" in odd.text


def test_a_deprecated_product_says_so_on_its_card(team, chain):
    chain[2].status = ProductStatus.DEPRECATED
    chain[2].save()

    page = browser(member_of(team)).get("/lineage/", {"node": f"product:{chain[1].fqn}"})

    assert page.text.count('<b class="warn">Deprecated</b>') == 1


def test_a_node_alone_says_how_lineage_gets_here(team):
    product = ProductFactory(owner=team)

    page = browser(member_of(team)).get("/lineage/", {"node": f"product:{product.fqn}"})

    assert '<div id="lineage-none">' in page.text
    assert "Lineage comes from OpenLineage events" in page.text


@pytest.mark.parametrize("asked", ["product:{domain}.ordrs", "system:{domain}.order"])
def test_an_unknown_node_suggests_the_lineage_of_near_names(team, asked):
    product = ProductFactory(owner=team, slug="orders", name="Orders")
    reindex([product.pk])
    node = asked.format(domain=product.domain.path)

    answer = browser(member_of(team)).get("/lineage/", {"node": node})

    assert answer.status_code == 404
    assert "Did you mean" in answer.text
    assert f"/lineage/?node=product%3A{product.fqn}" in answer.text


def test_a_hidden_node_answers_like_an_unknown_one(chain):
    client = browser(UserFactory())

    hidden, unknown = (
        client.get("/lineage/", {"node": node})
        for node in (f"product:{chain[3].fqn}", "product:nothing.here")
    )

    assert hidden.status_code == unknown.status_code == 404
    assert "Hidden" not in hidden.text + unknown.text
