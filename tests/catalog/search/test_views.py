"""The marketplace page: what is found, by whom, and what stands in the address."""

import pytest
from django.test import Client

from accounts.actors import system_actor
from catalog.contracts.services import save_version
from catalog.products.models import DataProduct
from catalog.products.services import PortData, ProductData, publish_product, save_product
from catalog.search.marking import TextPart, excerpt, marked
from catalog.search.views import listing
from tests.factories import DomainFactory, TeamFactory, UserFactory, member_of
from tests.factories.documents import contract_data, document

pytestmark = pytest.mark.django_db
URL = "/marketplace/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def sales():
    sales = DomainFactory(path="sales", name="Sales")
    orders = DomainFactory(path="sales.orders", name="Order desk", parent=sales)
    return TeamFactory(slug="sales-data", name="Sales Data", domain=orders)


@pytest.fixture
def client(sales) -> Client:
    client = Client()
    client.force_login(UserFactory())
    return client


def put(team, name: str, *, publish: bool = True, **values) -> DataProduct:
    """A product with a contract whose columns can be searched."""
    slug = name.lower().replace(" ", "-")
    contract = contract_data(id=f"{slug}-contract")
    save_version(document=document(contract), actor=system_actor(), owner=team, domain=team.domain)
    data = ProductData(
        document_id=slug,
        name=name,
        slug=slug,
        domain=team.domain,
        owner=team,
        purpose=values.pop("purpose", f"All {name}"),
        ports=(PortData(name="table", contract_id=f"{slug}-contract"),),
        **values,
    )
    product, _ = save_product(data=data, actor=system_actor())
    return publish_product(product=product, actor=system_actor()) if publish else product


def test_published_products_are_found_and_drafts_are_not(client, sales):
    put(sales, "Orders")
    put(sales, "Half made", publish=False)

    page = client.get(URL)

    assert page.status_code == 200
    assert "Orders" in page.text
    assert "Half made" not in page.text
    assert "1 result" in page.text


def test_a_team_finds_its_own_draft(sales):
    put(sales, "Half made", publish=False)
    member = Client()
    member.force_login(member_of(sales))

    page = member.get(URL)

    assert "Half made" in page.text


def test_a_matched_column_is_shown_with_the_hit_marked(client, sales):
    put(sales, "Orders")

    page = client.get(URL, {"q": "order id"})

    assert "<code><mark>order_id</mark>" in page.text


def test_a_filter_is_a_chip_whose_link_takes_only_it_away(client, sales):
    put(sales, "Orders", archetype="aggregate")

    page = client.get(URL, {"q": "orders", "status": "active", "archetype": "aggregate"})

    chips = {chip.label: chip for chip in page.context["chips"]}
    assert {label: chip.value for label, chip in chips.items()} == {
        "Text": "orders",
        "Status": "Active",
        "Archetype": "Aggregate",
    }
    assert chips["Status"].url == "/marketplace/?q=orders&archetype=aggregate"
    assert 'value="active" checked' in page.text


def test_a_facet_narrows_and_its_counts_answer_what_a_tick_would_give(client, sales):
    finance = TeamFactory(slug="finance", name="Finance people")
    put(sales, "Orders")
    put(sales, "Order Lines")
    put(finance, "Revenue")

    page = client.get(URL, {"team": "finance"})

    assert [row.hit.name for row in page.context["rows"]] == ["Revenue"]
    owners = next(group for group in page.context["groups"] if group.name == "team")
    assert {node.choice.value: node.choice.count for node in owners.nodes} == {
        "sales-data": 2,
        "finance": 1,
    }


def test_domains_nest_as_in_the_company(client, sales):
    put(sales, "Orders")
    put(TeamFactory(), "Revenue")

    page = client.get(URL, {"domain": "sales"})

    domains = next(group for group in page.context["groups"] if group.name == "domain")
    top = next(node for node in domains.nodes if node.choice.value == "sales")
    assert [child.choice.value for child in top.children] == ["sales.orders"]
    assert [row.domain for row in page.context["rows"]] == ["Sales / Order desk"]


def test_htmx_gets_the_part_with_facets_and_the_canonical_address(client, sales):
    put(sales, "Orders")

    part = client.get(URL, {"q": "orders", "tag": "", "order": ""}, headers=HTMX)

    assert "<!doctype" not in part.text
    assert 'id="results"' in part.text
    assert 'id="facet-groups" hx-swap-oob="true"' in part.text
    assert part["HX-Push-Url"] == "/marketplace/?q=orders"
    assert "HX-Request" in part["Vary"]


def test_back_gets_the_whole_page(client, sales):
    headers = {**HTMX, "HX-History-Restore-Request": "true"}

    assert "<!doctype" in client.get(URL, headers=headers).text


def test_a_contract_that_no_product_offers_is_a_row_of_its_own(client, sales):
    save_version(
        document=document(contract_data(id="free", name="Free orders")),
        actor=system_actor(),
        owner=sales,
        domain=sales.domain,
    )

    page = client.get(URL)

    assert "not yet offered by a product" in page.text
    row = page.context["rows"][0]
    assert client.get(row.hit.url).status_code == 200


def test_cards_show_the_same(client, sales):
    put(sales, "Orders")

    page = client.get(URL, {"view": "cards", "status": "active"})

    assert "<table" not in page.text
    assert "Orders" in page.text
    assert 'name="view" value="cards" form="filters"' in page.text


def test_pages_are_told_apart_and_lead_on(client, sales, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    for name in ("Orders", "Order Lines", "Returns"):
        put(sales, name)

    first = client.get(URL, {"order": "name"})
    second = client.get(first.context["next_url"])

    assert (first.context["range"], second.context["range"]) == ("1–2 of 3", "3–3 of 3")
    names = [row.hit.name for page in (first, second) for row in page.context["rows"]]
    assert names == ["Order Lines", "Orders", "Returns"]
    assert second.context["next_url"] == ""
    assert second.context["first_url"] == "/marketplace/?order=name"


def test_nothing_found_suggests_near_names_and_a_way_back(client, sales):
    put(sales, "Orders")

    page = client.get(URL, {"q": "ordxyz"})

    assert "Nothing matches “ordxyz”" in page.text
    assert "Did you mean" in page.text
    assert "Clear all filters" in page.text


def test_an_empty_marketplace_says_what_will_be_here(client):
    assert "The marketplace is empty" in client.get(URL).text


@pytest.mark.parametrize(
    "query",
    [{"min_score": "x"}, {"q": "\0"}, {"from": "-1"}, {"view": "<b>"}, {"status": "\0"}],
)
def test_odd_values_are_left_out(client, query):
    assert client.get(URL, query).status_code == 200


@pytest.mark.parametrize("query", [{"order": "evil"}, {"cursor": "nonsense"}])
def test_an_address_that_we_never_gave_is_refused_with_the_reason(client, query):
    assert client.get(URL, query).status_code == 422


def test_what_people_wrote_is_text(client, sales):
    put(sales, "Orders", purpose="<script>alert(1)</script>")

    page = client.get(URL, {"q": "<script>"})

    assert "<script>alert" not in page.text


def test_the_page_costs_eight_statements(client, sales, django_assert_max_num_queries):
    for name in ("Orders", "Order Lines", "Returns"):
        put(sales, name)

    client.get("/domains/")  # the first page of a session writes it

    with django_assert_max_num_queries(8):
        client.get(URL, {"q": "order", "status": "active"})


def test_visitors_are_sent_to_sign_in():
    assert Client().get(URL)["Location"].startswith("/accounts/login/")


def test_words_mark_names_in_every_writing():
    assert marked("last_order_id", "order id") == [
        TextPart("last_", hit=False),
        TextPart("order_id", hit=True),
    ]
    assert marked("plain", "") == [TextPart("plain", hit=False)]


def test_an_excerpt_is_a_few_words_around_the_hit():
    text = excerpt("x " * 60 + "needle in " + "y " * 60, "needle")

    assert text == "…x x x x x needle in y y y y…"


def test_the_list_below_the_search_box_is_grouped_with_the_hit_marked(client, sales):
    put(sales, "Sales orders")

    part = client.get(f"{URL}suggest/", {"q": "sal"}, headers=HTMX).text

    assert "<html" not in part
    assert '<ul role="group" aria-label="Products">' in part
    assert "<mark>Sal</mark>es orders" in part
    assert 'href="/marketplace/?q=sal"' in part


def test_nothing_typed_closes_the_list(client):
    assert client.get(f"{URL}suggest/", {"q": " "}, headers=HTMX).text.strip() == ""


def test_the_list_below_the_search_box_costs_few_statements(
    client, sales, django_assert_num_queries
):
    put(sales, "Orders")
    client.get(URL)  # a new session is written once

    with django_assert_num_queries(4):  # session, user, teams; names
        client.get(f"{URL}suggest/", {"q": "ord"}, headers=HTMX)


def test_where_the_best_matches_end_the_others_are_one_step_away(client, sales, monkeypatch):
    monkeypatch.setattr("catalog.search.selectors.relevance.CANDIDATES", 2)
    for name in ("Store returns", "Web returns", "Old returns"):
        put(sales, name)

    ended = client.get(URL, {"q": "returns"}).content.decode()
    whole = client.get(URL, {"q": "returns", "order": "rank"}).content.decode()

    assert "The best matches end here" in ended
    assert f"{URL}?q=returns&amp;order=rank" in ended
    assert "The best matches end here" not in whole
    assert all(name in whole for name in ("Store", "Web", "Old"))


def test_a_typed_filter_becomes_a_filter(client, sales):
    put(sales, "Store returns")

    answer = client.get(URL, {"q": "returns owner:sales-data"}, headers=HTMX)

    assert answer.headers["HX-Push-Url"] == f"{URL}?q=returns&team=sales-data"
    assert "Store" in answer.content.decode()
