"""Home, domains, teams and the lineage explorer."""

import datetime as dt
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.lineage.models import ProductEdge
from catalog.products.states import ProductStatus
from tests.factories import DomainFactory, ProductFactory, TeamFactory, UserFactory, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data", name="Sales Data", domain=DomainFactory(path="sales"))


@pytest.fixture
def member(team) -> Client:
    return signed_in(member_of(team))


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_home_shows_what_is_mine_drafts_included(member, team):
    ProductFactory(owner=team, name="My draft", status=ProductStatus.DRAFT)
    ProductFactory(name="Another draft", status=ProductStatus.DRAFT)

    page = member.get("/")

    assert page.status_code == 200
    assert "My draft" in page.text
    assert "Another draft" not in page.text


def test_home_teaches_somebody_who_is_in_no_team():
    assert "You are in no team yet" in signed_in(UserFactory()).get("/").text


def test_home_costs_seventeen_statements(member, team, django_assert_max_num_queries):
    for _ in range(5):
        ProductFactory(owner=team)

    with django_assert_max_num_queries(17):
        member.get("/")


def test_a_domain_counts_what_lies_below_it(member, team):
    below = DomainFactory(path="sales.orders", parent=team.domain)
    ProductFactory(owner=team, domain=below, name="Orders", quality_score=95)

    tree = member.get("/domains/")
    page = member.get("/domains/sales/")

    counted = {row.domain.path: row.products for row in tree.context["rows"]}
    assert counted == {"sales": 1, "sales.orders": 1}
    assert "Orders" in page.text


@pytest.mark.parametrize("address", ["/products/a%00b/", "/domains/a%00b/", "/lineage/?node=%00"])
def test_a_name_that_no_database_can_hold_is_not_found(member, address):
    assert member.get(address).status_code == 404


def test_an_unknown_domain_or_team_is_not_found(member):
    assert member.get("/domains/nothing/").status_code == 404
    assert member.get("/teams/nothing/").status_code == 404


def test_a_team_page_hides_drafts_from_others(team):
    ProductFactory(owner=team, name="Secret draft", status=ProductStatus.DRAFT)

    page = signed_in(UserFactory()).get("/teams/sales-data/")

    assert page.status_code == 200
    assert "Secret draft" not in page.text


@pytest.fixture
def chain(team):
    """source → middle → target, the last one a draft of another team."""
    products = [
        ProductFactory(owner=team, name="Source"),
        ProductFactory(owner=team, name="Middle"),
        ProductFactory(name="Hidden target", status=ProductStatus.DRAFT),
    ]
    for source, target in pairwise(products):
        ProductEdge.objects.create(source=source, target=target, origin="lineage")
    return products


def test_the_explorer_draws_only_what_the_reader_may_see(member, chain):
    page = member.get("/lineage/", {"node": f"product:{chain[1].fqn}", "depth": "3"})

    assert page.status_code == 200
    assert 'aria-label="One step upstream"' in page.text
    assert "Source" in page.text
    assert "Hidden target" not in page.text
    assert "The same as a table" in page.text


def test_the_impact_list_counts_products_and_teams(member, chain):
    page = member.get("/lineage/", {"node": f"product:{chain[0].fqn}"})

    assert page.context["impact"] == {"products": 1, "teams": 1, "steps": 1}


def test_neighbours_stand_on_the_product_page(member, chain):
    page = member.get(chain[1].get_absolute_url())

    assert "Reads from" in page.text
    assert "Hidden target" not in page.text


@pytest.mark.parametrize("query", [{"depth": "x"}, {"depth": "99"}, {"level": "evil"}])
def test_a_lineage_question_out_of_range_is_refused(member, chain, query):
    node = {"node": f"product:{chain[0].fqn}"}

    assert member.get("/lineage/", {**node, **query}).status_code == 422


def test_lineage_without_a_node_says_where_to_begin(member, chain):
    assert "Begin with" in member.get("/lineage/").text
    ProductEdge.objects.all().delete()
    assert "No lineage yet" in member.get("/lineage/").text


def test_the_quality_tab_draws_the_trend(member, team):
    product = ProductFactory(owner=team, quality_score=90)
    today = timezone.now().date()
    for days, score in ((3, 92), (2, 71), (0, 90)):
        product.score_snapshots.create(day=today - dt.timedelta(days=days), score=score, coverage=1)

    page = member.get(product.get_absolute_url(), {"tab": "quality"})

    assert page.status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/api/v1/products", "/marketplace/"])
def test_while_the_database_is_away_the_answer_is_503_and_when_to_come_back(client, path):
    client.force_login(UserFactory())
    client.raise_request_exception = False
    port = connection.settings_dict["PORT"], connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict.update(PORT="1", HOST="127.0.0.1")  # nobody listens there

    try:
        answer = client.get(path)
    finally:
        connection.close()
        connection.settings_dict.update(PORT=port[0], HOST=port[1])

    assert answer.status_code == 503
    assert answer["Retry-After"] == "3"
    assert client.get(path).status_code == 200
