"""The pages of products, ports and contracts."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import system_actor
from accounts.states import TeamRole
from catalog.contracts.models import DataContract
from catalog.contracts.services import save_version
from catalog.products.models import DataProduct, page_address
from catalog.products.services import (
    PortData,
    ProductData,
    deprecate_product,
    publish_product,
    record_written,
    save_product,
)
from catalog.products.snippets import snippets
from catalog.products.states import ProductStatus
from catalog.products.views.product import TABS
from core.ids import uuid7
from tests.factories import DomainFactory, PortFactory, TeamFactory, UserFactory, member_of
from tests.factories.documents import contract_data, document

pytestmark = pytest.mark.django_db
LOCATION = {
    "host": "warehouse.example",
    "port": 5432,
    "database": "mesh",
    "schema": "sales",
    "tables": {"orders": {"table": "orders", "columns": {}}},
}


@pytest.fixture
def team():
    top = DomainFactory(path="sales", name="Sales")
    domain = DomainFactory(path="sales.desk", name="Order desk", parent=top)
    return TeamFactory(slug="sales-data", name="Sales Data", domain=domain)


@pytest.fixture
def draft(team) -> DataProduct:
    """A draft with nothing left to fix."""
    save_version(
        document=document(
            contract_data(slaProperties=[{"property": "latency", "value": 1, "unit": "h"}])
        ),
        actor=system_actor(),
        owner=team,
        domain=team.domain,
    )
    port = PortData(
        name="table",
        version="1.0.0",
        technology="postgresql",
        contract_id="orders-contract",
        location=LOCATION,
    )
    data = ProductData(
        document_id="orders",
        name="Orders",
        slug="orders",
        domain=team.domain,
        owner=team,
        purpose="Every order",
        description="The **reference** for orders.\n\n<script>alert(1)</script>",
        ports=(port,),
        tags=("golden",),
    )
    return save_product(data=data, actor=system_actor())[0]


@pytest.fixture
def product(draft) -> DataProduct:
    return publish_product(product=draft, actor=system_actor())


@pytest.fixture
def anybody() -> Client:
    return signed_in(UserFactory())


@pytest.fixture
def owner(team) -> Client:
    return signed_in(member_of(team))


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_has_its_own_address(anybody, product, tab):
    page = anybody.get(product.get_absolute_url(), {"tab": tab})

    assert page.status_code == 200
    assert f'aria-current="page">{TABS[tab]}</a>' in page.text


def test_the_overview_says_what_it_is_and_how_to_read_it(anybody, product):
    page = anybody.get(product.get_absolute_url())

    assert "<strong>reference</strong>" in page.text
    assert "<script>alert" not in page.text
    assert "psql &quot;host=warehouse.example port=5432 dbname=mesh" in page.text
    assert "Fresh within" in page.text
    assert "1 hour" in page.text


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(None, "1 hour"), (30, "Kept"), (90, "Late")],
    ids=["never", "kept", "late"],
)
def test_freshness_stands_beside_what_was_promised(anybody, product, minutes, verdict):
    if minutes is not None:
        at = timezone.now() - dt.timedelta(minutes=minutes)
        record_written(dict.fromkeys(product.output_ports.values_list("pk", flat=True), at))

    page = anybody.get(product.get_absolute_url())

    assert f"<dt>Freshness</dt><dd>{verdict}" in page.text
    assert ("written <time" in page.text) == bool(minutes)
    assert ("</time><br>1 hour promised" in page.text) == bool(minutes)


def test_ports_stand_in_the_order_of_their_owner(anybody, product):
    for position, name in ((9, "last"), (5, "middle"), (7, "later")):
        PortFactory(product=product, name=name, position=position)

    page = anybody.get(product.get_absolute_url())

    names = [view.port.name for view in page.context["ports"]]
    assert names[-3:] == ["middle", "later", "last"]


def test_the_overview_costs_twelve_statements(product, django_assert_max_num_queries):
    reader_team = TeamFactory()
    DomainFactory(path="marketing", owner=reader_team)
    DataProduct.objects.update(instance_id=uuid7())  # as if provisioned here
    reader = signed_in(member_of(reader_team))
    reader.get("/domains/")  # the first page of a session writes it

    with django_assert_max_num_queries(12):
        reader.get(product.get_absolute_url())


def test_a_draft_of_another_team_answers_as_if_it_did_not_exist(anybody, draft):
    unseen = anybody.get(draft.get_absolute_url())
    unknown = anybody.get("/products/sales.nothing/")

    assert (unseen.status_code, unknown.status_code) == (404, 404)
    assert "Orders" not in unseen.text


def test_a_contributor_publishes_and_others_find_it(owner, anybody, draft):
    assert '<button class="btn main">Publish</button>' in owner.get(draft.get_absolute_url()).text

    answer = owner.post(f"/products/{draft.fqn}/publish/", follow=True)

    draft.refresh_from_db()
    assert draft.status == ProductStatus.ACTIVE
    assert "is published" in answer.text
    assert anybody.get(draft.get_absolute_url()).status_code == 200


def test_what_is_missing_is_named_and_nothing_is_published(owner, team):
    data = ProductData(document_id="bare", name="Bare", domain=team.domain, owner=team)
    bare = save_product(data=data, actor=system_actor())[0]

    page = owner.get(bare.get_absolute_url())
    answer = owner.post(f"/products/{bare.fqn}/publish/")

    assert "2 things to fix before publishing" in page.text
    assert answer.status_code == 422
    assert "Say in a sentence what the product is for." in answer.text
    bare.refresh_from_db()
    assert bare.status == ProductStatus.DRAFT


def test_a_viewer_of_the_team_is_refused_and_nothing_changes(team, draft):
    viewer = signed_in(member_of(team, role=TeamRole.VIEWER))

    answer = viewer.post(f"/products/{draft.fqn}/publish/")

    assert answer.status_code == 403
    draft.refresh_from_db()
    assert draft.status == ProductStatus.DRAFT
    assert "Publish</button>" not in viewer.get(draft.get_absolute_url()).text


def test_publishing_needs_a_post(owner, draft):
    assert owner.get(f"/products/{draft.fqn}/publish/").status_code == 405


def test_a_deprecated_product_names_its_successor(anybody, product, team):
    data = ProductData(document_id="new", name="New Orders", domain=team.domain, owner=team)
    successor = save_product(data=data, actor=system_actor())[0]
    deprecate_product(product=product, actor=system_actor(), successor=successor)

    page = anybody.get(product.get_absolute_url())

    assert "Orders is deprecated" in page.text


def test_the_schema_filter_stands_in_the_address(anybody, product):
    page = anybody.get(product.get_absolute_url(), {"tab": "schema", "q": "amount"})

    assert "<code>amount</code>" in page.text
    assert "<code>order_id</code>" not in page.text


def test_the_contract_is_shown_as_it_was_handed_in_and_can_be_downloaded(anybody, product):
    version = product.output_ports.get().contract_version

    page = anybody.get(product.get_absolute_url(), {"tab": "contract"})
    file = anybody.get(f"/contracts/{version.contract_id}/source/{version.version}/")

    assert "id: orders-contract" in page.text
    assert file.text == version.text
    assert file["Content-Disposition"] == 'attachment; filename="orders-contract-1-0-0.yaml"'


def test_the_contract_tab_tells_terms_promises_and_versions_before_the_source(anybody, product):
    version = product.output_ports.get().contract_version

    page = anybody.get(product.get_absolute_url(), {"tab": "contract"})

    told = page.text[: page.text.index('id="source-title"')]
    assert "<dt>Purpose</dt><dd>Every order</dd>" in told
    assert "<dt>Fresh within</dt><dd>1 hour</dd>" in told
    assert f'href="/contracts/{version.contract_id}/?version=1.0.0">1.0.0</a>' in told


def test_the_page_of_a_contract_shows_columns_rules_and_promises(anybody, product):
    contract = DataContract.objects.get()

    page = anybody.get(contract.get_absolute_url())

    assert page.status_code == 200
    assert "<code>address.street</code>" in page.text
    assert "be greater than 0" in page.text
    assert "Fresh within" in page.text


def test_the_contract_of_a_draft_is_unseen_by_others(anybody, draft):
    contract = DataContract.objects.get()

    assert anybody.get(contract.get_absolute_url()).status_code == 404
    assert anybody.get(f"/contracts/{contract.pk}/source/1.0.0/").status_code == 404


def test_a_port_has_its_own_page(anybody, product):
    page = anybody.get(product.output_ports.get().get_absolute_url())

    assert page.status_code == 200
    assert "SELECT order_id" in page.text
    assert "FROM sales.orders\n" in page.text
    assert "dbt source" in page.text
    assert anybody.get("/products/sales.desk.orders/ports/nothing/1/").status_code == 404


def test_a_former_name_leads_to_the_product(anybody, product):
    product.former_names.create(fqn="sales.desk.old-orders")

    answer = anybody.get("/products/sales.desk.old-orders/?tab=schema")

    assert answer.status_code == 301
    assert answer["Location"] == "/products/sales.desk.orders/?tab=schema"


def test_names_that_sql_would_misread_are_quoted():
    location = {**LOCATION, "tables": {"o": 'Or"ders'}}

    query = next(each for each in snippets("postgresql", location) if each.key == "query")

    assert query.text == 'SELECT * FROM sales."Or""ders" LIMIT 10;'


def test_other_technologies_list_what_is_known_of_the_place():
    found = snippets("mainframe", {"host": "broker:9092", "topic": "orders", "tables": {}})

    assert [each.text for each in found] == ["host         broker:9092\ntopic        orders"]


@pytest.mark.parametrize("fqn", ["sales.orders", "sales.emea.orders-2", "a bü"])
def test_the_address_of_a_page_is_that_of_its_route(fqn):
    assert page_address(fqn) == reverse("products:product", kwargs={"fqn": fqn})
