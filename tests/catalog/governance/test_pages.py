"""Pages and REST of policies, terms and classes."""

import pytest
from django.test import Client

from accounts.models import User
from catalog.governance.models import Policy, Term
from catalog.products.models import DataProduct
from core import outbox
from tests.catalog.governance.conftest import policy_of, product_of
from tests.catalog.governance.test_terms import term_of

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


def client_of(actor):
    client = Client()
    client.force_login(User.objects.get(pk=actor.user_id))
    return client


def form(company, **values):
    given = {
        "name": "Orders are described",
        "words": "Products are described.",
        "rule": 'description != ""',
        "mend": "Write a description.",
        "subject": "product",
        "domain": "company",
        "owner": company.team.slug,
        "severity": "medium",
        "state": "draft",
    }
    return {**given, **values}


def test_a_steward_writes_and_enforces_a_policy(company):
    client = client_of(company.steward)

    answer = client.post("/policies/new/", form(company), follow=True)
    assert "Version 1 of “Orders are described” is a draft." in answer.content.decode()
    answer = client.post("/policies/orders-are-described/enforce/", {"grace_until": ""})

    assert answer.status_code == 302
    assert Policy.objects.get().versions.get().state == "enforced"


def test_a_wrong_rule_keeps_what_was_typed_and_names_the_place(company):
    client = client_of(company.steward)

    answer = client.post("/policies/new/", form(company, rule="description !=", name=EVIL))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 1, character 15: The rule ends too early." in page
    assert "description !=" in page
    assert EVIL not in page
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('purpose != ""', "The example keeps it."),
        ('purpose == ""', "does not keep it"),
        ("extra.nothing == 1", "could not be evaluated"),
        ("purpos", "is no fact"),
        ("", "it is read as you type"),
    ],
)
def test_a_rule_is_checked_as_it_is_typed_and_by_a_button(company, rule, said):
    client = client_of(company.steward)

    part = client.post("/policies/check/", {"rule": rule, "subject": "product"})
    page = client.post("/policies/new/", form(company, rule=rule, check="1"))

    assert said in part.content.decode()
    assert "<html" not in part.content.decode()
    assert said in page.content.decode()
    assert not Policy.objects.exists()


def test_a_new_wording_shows_what_changed(company):
    policy = policy_of(company)
    client = client_of(company.steward)

    client.post("/policies/orders-are-described/edit/", form(company, rule='purpose != ""'))

    page = client.get(policy.get_absolute_url()).content.decode()
    assert "What version 2 changed" in page
    assert "<code>description != &quot;&quot;</code>" in page
    assert "<code>purpose != &quot;&quot;</code>" in page


def test_the_page_lists_who_fails_and_tries_a_version(company):
    policy = policy_of(company)
    product = product_of(company, name="Orders")
    product_of(company, name="Hidden", visibility="restricted")
    outbox.drain()
    client = client_of(company.member)

    page = client.get(f"{policy.get_absolute_url()}?what_if=1").content.decode()
    part = client.get(
        f"{policy.get_absolute_url()}?what_if=1", headers={"HX-Request": "true"}
    ).content.decode()

    assert page.count(product.get_absolute_url()) == 2
    assert "1 would fail" in page
    assert "1 would fail" in part
    assert "<html" not in part
    assert "Hidden" not in page
    assert client.get(f"{policy.get_absolute_url()}?what_if=99").status_code == 200


def test_lists_cost_the_same_for_any_number(company, django_assert_max_num_queries):
    for at in range(6):
        policy_of(company, name=f"Policy {at}")
        term_of(company, name=f"Term {at}")
    client = client_of(company.member)

    with django_assert_max_num_queries(11):
        client.get("/policies/")
    with django_assert_max_num_queries(9):
        client.get("/glossary/")


def test_a_draft_product_lists_what_to_fix_with_the_policy(company):
    policy = policy_of(company, enforced=True)
    policy_of(company, name="Soon", mend="Say how old it may be.")
    product = product_of(company, status="draft")
    client = client_of(company.owner)

    page = client.get(product.get_absolute_url()).content.decode()

    assert "1 thing to fix before publishing" in page
    assert f'<a href="{policy.get_absolute_url()}">Orders are described</a>' in page
    assert "Not asked yet, but soon" in page
    assert client.post(f"{product.get_absolute_url()}publish/").status_code == 422
    assert DataProduct.objects.get().status == "draft"


def test_rest_publish_lists_the_policy(company):
    policy_of(company, enforced=True)
    product = product_of(company, status="draft")
    client = client_of(company.owner)

    answer = client.post(f"/api/v1/products/{product.fqn}/publish")

    assert answer.status_code == 422
    assert answer.json()["problems"] == [
        {
            "pointer": "",
            "code": "policy-failed",
            "message": "Write a description.",
            "severity": "error",
            "policy": "Orders are described",
            "url": "/policies/orders-are-described/",
        }
    ]


def test_a_term_is_shown_with_the_products_that_use_it(company):
    term = term_of(company, name=EVIL, definition=f"**Bold** {EVIL} [x](javascript:alert(1))")
    product, hidden = product_of(company), product_of(company, visibility="restricted")
    for each in (product, hidden):
        each.terms.add(term)
    client = client_of(company.member)

    page = client.get(term.get_absolute_url()).content.decode()
    shown = client.get(product.get_absolute_url()).content.decode()

    assert EVIL not in page + shown
    assert "<strong>Bold</strong>" in page
    assert 'href="javascript' not in page
    assert product.get_absolute_url() in page
    assert hidden.get_absolute_url() not in page
    assert term.get_absolute_url() in shown


def test_a_term_is_written_changed_and_removed_in_pages(company):
    client = client_of(company.domain_owner)
    given = {"name": "Order", "definition": "", "synonyms": "Purchase, Sale", "domain": "sales"}
    given["owner"] = "domain-team"

    refused = client.post("/glossary/new/", given)
    assert refused.status_code == 422
    assert 'value="Purchase, Sale"' in refused.content.decode()
    client.post("/glossary/new/", {**given, "definition": "x"})
    term = Term.objects.get()
    assert (term.synonyms, term.domain) == (["Purchase", "Sale"], company.domain)
    client.post(f"{term.get_absolute_url()}edit/", {**given, "definition": "y"})
    assert Term.objects.get().definition == "y"
    assert "Remove Order" in client.get(f"{term.get_absolute_url()}remove/").content.decode()
    assert client.post(f"{term.get_absolute_url()}remove/").status_code == 302
    assert not Term.objects.exists()


def test_the_glossary_is_paged_and_searched(company, monkeypatch):
    monkeypatch.setattr("catalog.governance.views.glossary.PAGE_SIZE", 2)
    for name in ("Apple", "Berry", "Cherry"):
        term_of(company, name=name, synonyms=[f"{name} fruit"])
    client = client_of(company.member)

    first = client.get("/glossary/").content.decode()
    assert "Apple" in first
    assert ">Cherry<" not in first
    following = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert ">Cherry<" in client.get(f"/glossary/{following.replace('&amp;', '&')}").content.decode()
    assert ">Berry<" in client.get("/glossary/?q=berry+fruit").content.decode()
    assert "No term matches" in client.get("/glossary/?q=%00nothing").content.decode()
    assert client.get("/glossary/?cursor=x").status_code == 422


def test_stewards_rename_a_class(company):
    client = client_of(company.steward)
    given = {"slug": "internal", "name": "Ours", "meaning": "x", "rank": "20", "is_active": "true"}

    assert client.post("/classification/", {**given, "rank": "many"}).status_code == 422
    client.post("/classification/", given)

    assert "Ours" in client.get("/classification/").content.decode()


def test_a_term_in_use_is_removed_by_typing_its_name(company):
    client, term, product = client_of(company.steward), term_of(company), product_of(company)
    product.terms.add(term)
    address = f"{term.get_absolute_url()}remove/"

    asked = client.get(address).content.decode()
    refused = client.post(address, {"confirm": "Oder"})

    assert "1 product no longer names it" in asked
    assert product.name in asked
    assert refused.status_code == 409
    assert "Type Order to go on." in refused.content.decode()
    assert product.terms.exists()
    assert client.post(address, {"confirm": "Order"}).status_code == 302
    assert not Term.objects.exists()


def test_rest_keeps_a_term_in_use_until_it_is_detached(company):
    client, term, product = client_of(company.steward), term_of(company), product_of(company)
    product.terms.add(term)

    refused = client.delete(f"/api/v1/terms/{term.pk}")
    done = client.delete(f"/api/v1/terms/{term.pk}?detach=true")

    body = refused.json()
    assert (refused.status_code, body["type"]) == (409, "/problems/term-in-use")
    assert (body["count"], body["used_by"][0]["fqn"]) == (1, product.fqn)
    assert done.status_code == 204
    assert not product.terms.exists()


def test_rest_writes_policies_and_terms(company):
    client = client_of(company.steward)
    send = {"content_type": "application/json"}
    policy = {key: form(company)[key] for key in ("name", "words", "rule", "mend", "owner")}

    assert client.post("/api/v1/policies", policy, **send).status_code == 201
    changed = client.patch("/api/v1/policies/orders-are-described", {"rule": "true"}, **send)
    assert changed.json()["version"]["number"] == 2
    listed = client.get("/api/v1/policies").json()["results"]
    assert [each["slug"] for each in listed] == ["orders-are-described"]
    wrong = client.post("/api/v1/policies", {**policy, "rule": "1 +"}, **send)
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["pointer"] == "/rule"

    term = {"name": "Order", "definition": "x", "owner": company.team.slug}
    made = client.post("/api/v1/terms", term, **send)
    assert made.status_code == 201
    url = f"/api/v1/terms/{made.json()['id']}"
    assert client.patch(url, {"synonyms": ["Sale"]}, **send).json()["synonyms"] == ["Sale"]
    assert client.get("/api/v1/terms?search=sale").json()["results"][0]["name"] == "Order"
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_graphql_gives_terms(company):
    term, product = term_of(company, synonyms=["Sale"]), product_of(company)
    product.terms.add(term)
    query = """query($fqn: String!, $id: ID!) {
      term(id: $id) { name domain { path } owner { slug } url }
      terms(first: 5, search: "sale") { edges { node { synonyms } } totalCount }
      product(fqn: $fqn) { terms { edges { node { name } } } } }"""

    answer = client_of(company.member).post(
        "/graphql/",
        {"query": query, "variables": {"fqn": product.fqn, "id": str(term.pk)}},
        content_type="application/json",
    )

    assert answer.json()["data"] == {
        "term": {
            "name": "Order",
            "domain": None,
            "owner": {"slug": "sales-team"},
            "url": term.get_absolute_url(),
        },
        "terms": {"edges": [{"node": {"synonyms": ["Sale"]}}], "totalCount": 1},
        "product": {"terms": {"edges": [{"node": {"name": "Order"}}]}},
    }
