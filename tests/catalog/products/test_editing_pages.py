"""The pages that change a product; all of them work without a script."""

import pytest

from accounts.actors import system_actor
from catalog.products.models import DataProduct
from catalog.products.services import PortData, ProductData, edit_product, save_product
from tests.factories import (
    ContractVersionFactory,
    DomainFactory,
    TeamFactory,
    UserFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def team():
    return TeamFactory(slug="sales", domain=DomainFactory(path="sales", name="Sales"))


@pytest.fixture
def product(team) -> DataProduct:
    data = ProductData(
        document_id="orders",
        name="Orders",
        domain=team.domain,
        owner=team,
        purpose="All orders",
        status="active",
        ports=(PortData("table", contract_id=ContractVersionFactory().contract.document_id),),
    )
    return save_product(data=data, actor=system_actor())[0]


@pytest.fixture
def owner(client, team):
    client.force_login(member_of(team, username="ada"))
    return client


def form(**values) -> dict[str, str]:
    return {
        "name": "Orders",
        "purpose": "All orders",
        "description": "",
        "limitations": "",
        "usage": "",
        "domain": "sales",
        "archetype": "",
        "visibility": "company",
        "classification": "",
        "tags": "",
        "terms": "",
        "links": "",
        "ownership": "",
        "extra": "",
        "revision": "1",
        **values,
    }


def edit(client, **values):
    return client.post("/products/sales.orders/edit/", form(**values))


def test_every_field_of_the_form_is_saved(owner, product):
    answer = edit(
        owner,
        purpose="Every order",
        tags="golden, daily",
        links="repository https://git.example/orders Source code",
        ownership="expert ada\r\nsteward team:sales",
        extra="cost: 7",
    )

    assert (answer.status_code, answer["Location"]) == (302, "/products/sales.orders/")
    saved = DataProduct.objects.get()
    assert (saved.purpose, saved.tags, saved.extra) == (
        "Every order",
        ["golden", "daily"],
        {"cost": 7},
    )
    assert saved.links[0]["label"] == "Source code"
    assert saved.ownerships.count() == 2
    page = owner.get("/products/sales.orders/edit/").content.decode()
    assert "repository https://git.example/orders Source code" in page
    assert "steward team:sales" in page
    assert owner.post("/products/sales.orders/edit/", form(revision="2")).status_code == 302


def test_what_was_sent_unchanged_makes_no_version(owner, product):
    assert edit(owner).status_code == 302
    assert DataProduct.objects.get().revision == 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("name", "", "Fill in the name."),
        ("links", "runbook javascript:alert(1)", "Give a whole address"),
        ("links", "nothing", "Line 1: write the kind"),
        ("ownership", "expert nobody", "There is no user nobody"),
        ("ownership", "expert", "Line 1: write the part"),
        ("terms", "nowhere", "There is no term nowhere"),
        ("extra", "a: [", "This is not YAML"),
        ("extra", "- a", "Write one"),
    ],
)
def test_a_wrong_entry_says_so_and_keeps_what_was_typed(owner, product, name, text, says):
    answer = edit(owner, **{"purpose": HOSTILE, name: text})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert f'aria-describedby="{name}-e' in page
    assert "&lt;img src=x" in page
    assert HOSTILE not in page
    assert DataProduct.objects.get().purpose == "All orders"


def test_a_conflict_shows_both_versions_and_can_be_saved_over(owner, product):
    edit_product(product=product, values={"purpose": "Theirs"}, actor=system_actor())

    answer = edit(owner, purpose="Mine")

    page = answer.content.decode()
    assert answer.status_code == 412
    assert "Somebody saved Orders while you were editing." in page
    assert "Theirs</td>" in page
    assert "Mine</td>" in page
    assert 'name="revision" value="2"' in page
    assert DataProduct.objects.get().purpose == "Theirs"
    assert edit(owner, purpose="Mine", revision="2").status_code == 302
    assert DataProduct.objects.get().purpose == "Mine"


def test_the_history_shows_each_version_and_the_way_back(owner, product):
    edit(owner, purpose="Every order", links="runbook https://a.example", tags="a, b")
    tab = owner.get("/products/sales.orders/?tab=activity").content.decode()
    assert "/products/sales.orders/revisions/1/revert/" in tab
    assert "kind: runbook, url: https://a.example" in tab
    assert ">a, b</td>" in tab

    preview = owner.get("/products/sales.orders/revisions/1/revert/").content.decode()
    assert "Every order" in preview
    answer = owner.post("/products/sales.orders/revisions/1/revert/", {"revision": "2"})

    assert answer["Location"] == "/products/sales.orders/?tab=activity"
    assert DataProduct.objects.get().purpose == "All orders"
    stale = owner.post("/products/sales.orders/revisions/2/revert/", {"revision": "2"})
    assert stale.status_code == 412


def test_the_history_has_pages(owner, product):
    for n in range(22):
        edit_product(product=product, values={"purpose": str(n)}, actor=system_actor())

    first = owner.get("/products/sales.orders/?tab=activity")
    following = first.context["next_url"]

    assert len(first.context["revisions"]) == 20
    assert [each.revision.number for each in owner.get(following).context["revisions"]] == [3, 2, 1]


def test_a_deprecation_names_what_follows(owner, product, team):
    data = ProductData(
        document_id="new",
        name="New orders",
        domain=team.domain,
        owner=team,
        purpose="All orders",
        status="active",
        ports=(PortData("table", contract_id=ContractVersionFactory().contract.document_id),),
    )
    save_product(data=data, actor=system_actor())

    wrong = owner.post(
        "/products/sales.orders/deprecate/", {"successor": "sales.none", "sunset_on": "2001-01-01"}
    )
    assert wrong.status_code == 422
    assert 'value="sales.none"' in wrong.content.decode()
    answer = owner.post("/products/sales.orders/deprecate/", {"successor": "sales.new-orders"})

    assert answer.status_code == 302
    assert DataProduct.objects.get(slug="orders").successor.slug == "new-orders"


def test_a_product_is_retired_by_typing_its_name(owner, product):
    owner.post("/products/sales.orders/deprecate/", {})

    wrong = owner.post("/products/sales.orders/retire/", {"confirm": "ordres"})
    assert wrong.status_code == 422
    assert "Type orders to go on." in wrong.content.decode()
    assert DataProduct.objects.get().status == "deprecated"
    assert owner.post("/products/sales.orders/retire/", {"confirm": "orders"}).status_code == 302
    assert DataProduct.objects.get().status == "retired"


def test_a_hand_over_asks_for_the_team(owner, product):
    TeamFactory(slug="other", name="Other")

    assert (
        "only this product names" in owner.get("/products/sales.orders/hand-over/").content.decode()
    )
    assert owner.post("/products/sales.orders/hand-over/", {"team": ""}).status_code == 422
    owner.post("/products/sales.orders/hand-over/", {"team": "other", "note": "They know it"})

    assert DataProduct.objects.get().owner.slug == "other"


def test_outsiders_are_not_offered_what_they_may_not_do(client, product):
    client.force_login(UserFactory())

    assert "/edit/" not in client.get("/products/sales.orders/").content.decode()
    assert client.get("/products/sales.orders/edit/").status_code == 403
    assert client.post("/products/sales.orders/edit/", form()).status_code == 403
