"""Domain and team pages, what owners of a domain may say, and names near one that is not there."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from accounts.services import set_domain_details
from accounts.states import TeamRole
from catalog.products.models import Comment, DataProduct, Ownership
from catalog.products.services.indexing import reindex
from catalog.products.states import ProductStatus
from catalog.search.models import SearchEntry
from core import outbox
from core.errors import Invalid, NotAllowed
from core.models import AuditEvent
from portal.services import reindex_places
from portal.views.teams import OLD_DRAFT
from tests.clients import browser
from tests.factories import (
    DomainFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
    waiting_request,
)

pytestmark = pytest.mark.django_db
OLD = "version-not-supported"
SCHEMA = {
    "type": "object",
    "required": ["season"],
    "properties": {
        "season": {"title": "Season", "enum": ["spring", "autumn"], "description": "Of the range"},
        "margin": {"type": ["number", "null"]},
        "shops": {"type": "array", "items": {"type": "string", "format": "uri"}},
    },
}


@pytest.fixture
def team():
    made = TeamFactory(slug="sales-data", name="Sales Data", domain=DomainFactory(path="sales"))
    made.domain.owner = made
    made.domain.save()
    return made


@pytest.fixture
def owner(team):
    return member_of(team)


def cost(client, address) -> int:
    with CaptureQueriesContext(connection) as context:
        assert client.get(address).status_code == 200
    return len(context)


def test_the_owners_of_a_domain_describe_it_and_its_fields_are_read_as_a_table(team, owner):
    typed = {"purpose": "Orders and prices", "field_schema": json.dumps(SCHEMA)}

    answer = browser(owner).post("/domains/sales/edit/", typed)
    page = browser(UserFactory()).get("/domains/sales/")

    assert answer.status_code == 302
    rows = [(row.title, row.kind, row.required) for row in page.context["own_fields"]]
    assert rows == [
        ("Season", "one of spring, autumn", True),
        ("margin", "number or nothing", False),
        ("shops", "list of text (uri)", False),
    ]
    assert "Orders and prices" in page.text
    assert "Of the range" in page.text
    assert "Describe it" not in page.text
    assert AuditEvent.objects.get(verb="domain.changed").detail["fields"] == [
        "purpose",
        "field_schema",
    ]


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ("{", "not-json"),
        ("[1, 2]", "too-many-documents"),
        ('"text"', "wrong-type"),
        ("{}", "missing-field"),
        ('{"type": "object", "properties": {"a": {"type": "txt"}}}', "wrong-form"),
        ('{"type": "object", "$ref": "https://x.example/a"}', "remote-reference"),
        ('{"type": "object", "allOf": [{"$ref": "file:///etc/passwd"}]}', "remote-reference"),
        (
            '{"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}',
            "version-not-supported",
        ),
        ('{"type": "object", "title": "' + "x" * 65536 + '"}', "document-too-large"),
        ('{"type": "object", "type": "object"}', "duplicate-key"),
        ('{"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}', "wrong-form"),
        ('{"a":' * 40 + "1" + "}" * 40, "too-deep"),
    ],
)
def test_a_schema_that_is_none_is_refused_with_the_reason_and_nothing_changes(
    team, owner, schema, code
):
    with pytest.raises(Invalid) as refused:
        set_domain_details(
            domain=team.domain, actor=actor_for(owner), purpose="New", field_schema=schema
        )

    team.domain.refresh_from_db()
    assert code in [each.code for each in refused.value.problems]
    assert all(each.pointer.startswith("/field_schema") for each in refused.value.problems)
    assert (team.domain.purpose, team.domain.field_schema) == ("", None)


def test_the_form_keeps_what_was_typed(team, owner):
    typed = {"purpose": "Typed words", "field_schema": '{"type": "text"}'}

    answer = browser(owner).post("/domains/sales/edit/", typed)

    assert answer.status_code == 422
    assert "Typed words" in answer.text
    assert "&quot;type&quot;: &quot;text&quot;" in answer.text


def test_others_may_not_describe_a_domain(team):
    stranger = member_of(TeamFactory())

    with pytest.raises(NotAllowed, match="Only the owners"):
        set_domain_details(
            domain=team.domain, actor=actor_for(stranger), purpose="Mine", field_schema=""
        )

    team.domain.refresh_from_db()
    assert team.domain.purpose == ""


def test_a_domain_page_shows_what_products_lack(team, owner):
    full = ProductFactory(owner=team, name="Full", purpose="x", description="x", quality_score=95)
    Ownership.objects.create(product=full, kind="steward", user=owner)
    ProductFactory(owner=team, name="Bare")

    page = browser(UserFactory()).get("/domains/sales/")

    rows = {row.label: (row.have, row.total) for row in page.context["coverage"]}
    assert rows["Description"] == rows["Quality"] == rows["Steward"] == (1, 2)
    assert rows["Contract"] == rows["Terms"] == (0, 2)
    assert "Steward: 1 of 2 products; without: Bare" in page.text


def test_a_team_page_says_what_wants_attention_in_what_one_may_see(team, owner):
    old = ProductFactory(owner=team, name="Old draft", status=ProductStatus.DRAFT)
    DataProduct.objects.filter(pk=old.pk).update(updated_at=timezone.now() - 2 * OLD_DRAFT)
    asked, answered = ProductFactory(owner=team), ProductFactory(owner=team)
    for product in (asked, answered):
        Ownership.objects.create(product=product, kind="steward", user=owner)
        top = Comment.objects.create(product=product, author=UserFactory(), body="How fresh?")
    Comment.objects.create(product=answered, parent=top, author=owner, body="Two hours")
    Comment.objects.create(product=answered, author=owner, body="Read this")

    mine = browser(owner).get("/teams/sales-data/").context["health"]
    theirs = browser(UserFactory()).get("/teams/sales-data/").context["health"]

    assert [each["products"] for each in mine] == [[old], [asked]]
    assert [each["products"] for each in theirs] == [[asked]]


def test_a_team_page_names_products_for_which_people_wait_too_long(team, owner):
    late, early = ProductFactory(owner=team, name="Late"), ProductFactory(owner=team)
    for product in (late, early):
        Ownership.objects.create(product=product, kind="steward", user=owner)
        subject = {"product_id": str(product.pk)}
        asked = waiting_request(team, requester=UserFactory(), title="Read", subject=subject)
        if product is late:
            asked.approvals.update(due_at=timezone.now() - dt.timedelta(hours=1))

    (found,) = browser(owner).get("/teams/sales-data/").context["health"]

    assert found["products"] == [late]
    assert "waits too long for access" in found["label"]


def test_a_team_that_nobody_owns_says_so(team, owner):
    page = browser(owner)
    word = "Nobody owns this team any more"
    assert word not in page.get(team.get_absolute_url()).content.decode()
    Membership.objects.filter(team=team, role=TeamRole.OWNER).update(role=TeamRole.CONTRIBUTOR)

    assert word in page.get(team.get_absolute_url()).content.decode()


def test_the_list_of_teams_counts_what_one_may_see(team, owner):
    ProductFactory(owner=team)
    ProductFactory(owner=team, status=ProductStatus.DRAFT)
    TeamFactory(name="Another")

    page = browser(UserFactory()).get("/teams/?q=sales")

    ((found, product_count),) = page.context["teams"]
    assert (found.people, product_count) == (1, 1)
    assert "No team matches" in browser(owner).get("/teams/?q=zzz").text


def test_pages_cost_the_same_with_more(team, owner):
    client = browser(owner)
    addresses = ("/domains/", "/domains/sales/", "/teams/", "/teams/sales-data/")

    def grow():
        for each in ProductFactory.create_batch(4, owner=team):
            Comment.objects.create(product=each, author=UserFactory(), body="?")
        TeamFactory.create_batch(3, domain=team.domain)
        DomainFactory.create_batch(3, parent=team.domain)
        member_of(team)

    client.get("/")
    grow()
    few = [cost(client, address) for address in addresses]
    grow()

    assert [cost(client, address) for address in addresses] == few
    assert all(most >= found for most, found in zip((8, 11, 6, 14), few, strict=True)), few


def test_domains_and_teams_are_found_and_follow_their_changes(team, owner):
    reindex_places()
    gone = SearchEntry.objects.get(kind="domain", fqn="sales")
    SearchEntry.objects.create(
        kind="team",
        object_id="0",
        fqn="x",
        name="x",
        visibility="company",
        listed=True,
        url="/",
        updated_at=gone.updated_at,
    )
    reindex_places()
    set_domain_details(
        domain=team.domain, actor=actor_for(owner), purpose="Orders", field_schema=""
    )
    outbox.drain()

    assert SearchEntry.objects.get(kind="domain", fqn="sales").summary == "Orders"
    assert list(SearchEntry.objects.filter(kind="team").values_list("fqn", flat=True)) == [
        "sales-data"
    ]


def test_rest_reads_domains_and_teams(team, owner):
    ProductFactory(owner=team, slug="orders")
    ProductFactory(owner=team, slug="secret", status=ProductStatus.DRAFT)
    client = browser(UserFactory())

    domains = client.get("/api/v1/domains?search=sal").json()["results"]
    domain = client.get("/api/v1/domains/sales").json()
    teams = client.get("/api/v1/teams?page_size=1").json()
    one = client.get("/api/v1/teams/sales-data").json()

    assert [(each["path"], each["owner"]["slug"]) for each in domains] == [("sales", "sales-data")]
    assert domain["products"] == one["products"] == ["sales.orders"]
    assert teams["next"] is None
    assert [each["role"] for each in one["members"]] == ["owner"]
    assert client.get("/api/v1/teams/nobody").json()["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("/products/sales.ordrs/", "sales.orders"),
        ("/products/sale.orders/?tab=schema", "sales.orders"),
        ("/products/orders/", "sales.orders"),
        ("/products/sales.orders-2/ports/x/1/", "sales.orders"),
        ("/domains/sale/", "sales"),
        ("/teams/sales-date/", "sales-data"),
        ("/teams/Sales Data/", "sales-data"),
        ("/systems/sales.order/", "sales.orders"),
    ],
)
def test_an_unknown_name_suggests_near_ones(team, owner, address, near):
    reindex([ProductFactory(owner=team, slug="orders", name="Orders").pk])
    reindex_places()

    answer = browser(owner).get(address)

    assert answer.status_code == 404
    assert "Did you mean" in answer.text
    assert f" {near})" in answer.text


def test_hidden_names_are_never_suggested_and_answer_as_unknown_ones(team, owner):
    product = ProductFactory(owner=team, slug="orders", status=ProductStatus.DRAFT)
    reindex([product.pk])
    stranger = browser(UserFactory())

    hidden, unknown = (
        stranger.get("/products/sales.orders/"),
        stranger.get("/products/sales.ordars/"),
    )

    assert hidden.status_code == unknown.status_code == 404
    assert "Did you mean" not in hidden.text + unknown.text
    assert "Orders" not in hidden.text
    assert "Did you mean" in browser(owner).get("/products/sales.ordars/").text


@pytest.mark.parametrize(
    "address", ["/products/%00/", "/nothing/sales/", "/products/'); drop--/", "/teams/%F0%9F%A6/"]
)
def test_odd_addresses_are_plainly_not_found(owner, address):
    assert browser(owner).get(address).status_code == 404


def test_looking_for_near_names_is_bounded(team, owner, django_assert_max_num_queries):
    client = browser(owner)
    client.get("/")

    with django_assert_max_num_queries(12):
        client.get("/products/" + ".".join(f"word{at}-x{at}" for at in range(30)) + "/")
