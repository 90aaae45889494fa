"""The pages that change a product; all of them work without a script."""

import pytest
from django.utils.html import escape

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


def rows(name: str, *given: dict[str, str]) -> dict[str, str]:
    return {f"{name}-{at}-{key}": text for at, row in enumerate(given) for key, text in row.items()}


def link(kind: str, url: str, label: str = "") -> dict[str, str]:
    return {"kind": kind, "url": url, "label": label}


def part(kind: str, holder: str) -> dict[str, str]:
    return {"kind": kind, "holder": holder}


def edit(client, **values):
    return client.post("/products/sales.orders/edit/", form(**values))


def test_every_field_of_the_form_is_saved(owner, product):
    answer = edit(
        owner,
        purpose="Every order",
        tags="golden, daily",
        extra="cost: 7",
        **rows(
            "links",
            link("repository", "https://git.example/orders", "Source code"),
            link("", "", ""),
            link("runbook", "https://wiki.example/orders"),
        ),
        **rows("ownership", part("expert", "ada"), part("steward", "team:sales")),
    )

    assert (answer.status_code, answer["Location"]) == (302, "/products/sales.orders/")
    saved = DataProduct.objects.get()
    assert (saved.purpose, saved.tags, saved.extra) == (
        "Every order",
        ["golden", "daily"],
        {"cost": 7},
    )
    assert [(each["kind"], each["label"]) for each in saved.links] == [
        ("repository", "Source code"),
        ("runbook", ""),
    ]
    assert saved.ownerships.count() == 2
    page = owner.get("/products/sales.orders/edit/").content.decode()
    assert 'name="links-0-url" value="https://git.example/orders"' in page
    assert 'name="ownership-1-holder" value="team:sales"' in page
    assert 'name="links-2-url" value=""' in page  # a spare row, for those without a script

    assert edit(owner, purpose="Every order", revision="2").status_code == 302
    saved = DataProduct.objects.get()
    assert (saved.links, saved.ownerships.count()) == ([], 0)


def test_what_the_form_did_not_send_stays(owner, product):
    edit(owner, **rows("links", link("runbook", "https://a.example")))

    owner.post("/products/sales.orders/edit/", {"purpose": "Every order", "revision": "2"})

    saved = DataProduct.objects.get()
    assert (saved.purpose, len(saved.links)) == ("Every order", 1)


def test_rows_are_added_and_taken_away_without_a_script(owner, product):
    typed = rows("links", link("runbook", "https://a.example"), link("other", "https://b.example"))

    more = edit(owner, purpose="Typed", add_row="links", **typed).content.decode()
    fewer = edit(owner, remove_row="links-0", **typed).content.decode()

    assert 'name="links-1-url" value="https://b.example"' in more
    assert 'name="links-2-url" value=""' in more
    assert 'name="purpose" value="Typed"' in more
    assert "https://a.example" not in fewer
    assert 'name="links-0-url" value="https://b.example"' in fewer
    assert DataProduct.objects.get().revision == 1


def test_people_and_teams_are_offered_for_what_was_typed(owner, client, product, team):
    for at in range(30):
        member_of(team, username=f"adam-{at:02}")
    UserFactory(username="adams", is_active=False)
    UserFactory(username="zed", display_name=f"Sales {HOSTILE}")

    ask = "/products/sales.orders/edit/people/"
    many = owner.get(ask, {"ownership-3-holder": "Ada"}).content.decode()
    sales = owner.get(ask, {"ownership-0-holder": "sales"}).content.decode()
    client.force_login(UserFactory())
    refused = client.get(ask, {"ownership-0-holder": "a"})

    assert many.count("<option") == 10
    assert "adams" not in many
    assert '<option value="team:sales">' in sales
    assert '<option value="zed">Sales &lt;img' in sales
    assert refused.status_code == 403


def test_what_was_sent_unchanged_makes_no_version(owner, product):
    assert edit(owner).status_code == 302
    assert DataProduct.objects.get().revision == 1


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", {"name": ""}, "Fill in the name."),
        ("terms", {"terms": "nowhere"}, "There is no term nowhere"),
        ("extra", {"extra": "a: ["}, "This is not YAML"),
        ("extra", {"extra": "- a"}, "Write one"),
        ("links-0-url", rows("links", link("runbook", "javascript:alert(1)")), "Give a whole"),
        ("links-0-kind", rows("links", link("", "https://a.example")), "Choose one of: repo"),
        ("links-0-url", rows("links", link("runbook", "https://a.example", "x" * 201)), "Use 2,0"),
        ("ownership-0-holder", rows("ownership", part("expert", "nobody")), "There is no user n"),
        ("ownership-0-holder", rows("ownership", part("expert", "team:no")), "There is no team n"),
        ("ownership-0-holder", rows("ownership", part("expert", "")), "Name either a user or"),
        ("ownership-0-kind", rows("ownership", part("", "ada")), "Choose one of: steward"),
    ],
)
def test_a_wrong_entry_says_so_at_its_field_and_keeps_what_was_typed(
    owner, product, field, typed, says
):
    answer = edit(owner, **{"purpose": HOSTILE, **typed})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert f'aria-describedby="{field}-e' in page
    assert f'<a href="#{field}">' in page
    assert "&lt;img src=x" in page
    assert HOSTILE not in page
    assert all(escape(text) in page for text in typed.values())
    assert DataProduct.objects.get().purpose == "All orders"


def test_the_error_of_a_row_stands_in_that_row(owner, product):
    typed = rows(
        "links",
        link("runbook", "https://a.example"),
        link("", ""),
        link("support", "support@a.example"),
    )

    page = edit(owner, **typed).content.decode()

    assert 'id="links-1-url-e"' in page
    assert 'name="links-1-url" value="support@a.example"' in page
    assert 'id="links-0-url-e"' not in page


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
    edit(
        owner,
        purpose="Every order",
        tags="a, b",
        **rows("links", link("runbook", "https://a.example")),
    )
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
