"""Who may ask, and how."""

import pytest
from django.test import Client

from accounts.models import User
from catalog.products.states import ProductStatus
from tests.factories import ProductFactory, member_of
from tests.portal.graphql.conftest import ask_as, headers_for

pytestmark = pytest.mark.django_db

VIEWER = {"query": "{ viewer { username role } }"}
PUBLISH = """mutation ($fqn: String!) { publishProduct(fqn: $fqn) {
    product { status } problems { pointer code message } } }"""


def post(client: Client, **headers: str):
    return client.post("/graphql/", data=VIEWER, content_type="application/json", headers=headers)


def test_a_visitor_is_sent_away_with_a_problem(client):
    response = post(client)

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic eDp5", "Bearer", "bearer mp_"])
def test_a_bad_token_is_refused(client, member, header):
    assert post(client, Authorization=header).status_code == 401


def test_a_session_needs_the_csrf_token(member: User):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)

    refused = post(client)
    page = client.get("/graphql/")
    answered = post(client, **{"X-CSRFToken": str(page.context["csrf_token"])})

    assert refused.status_code == 403
    assert answered.json()["data"]["viewer"]["username"] == member.username


@pytest.mark.parametrize(
    "media",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/graphql",
    ],
)
def test_only_json_is_taken(client, member, media):
    response = client.post(
        "/graphql/", data=b"query=x", content_type=media, headers=headers_for(member)
    )

    assert response.status_code == 415


def test_a_token_without_read_is_refused(member):
    assert ask_as(member, "lineage:write")("{ viewer { username } }").status_code == 403


def test_a_token_that_may_only_read_changes_nothing():
    product = ProductFactory(status=ProductStatus.DRAFT)
    ask = ask_as(member_of(product.owner), "read")

    response = ask(PUBLISH, fqn=product.fqn)

    assert response.status_code == 403
    product.refresh_from_db()
    assert product.status == ProductStatus.DRAFT


def test_a_mutation_says_what_is_missing_and_changes_nothing():
    product = ProductFactory(status=ProductStatus.DRAFT, purpose="")
    ask = ask_as(member_of(product.owner))

    body = ask(PUBLISH, fqn=product.fqn).json()

    found = body["data"]["publishProduct"]
    assert found["product"] is None
    assert {"purpose-missing", "port-missing"} <= {each["code"] for each in found["problems"]}
    product.refresh_from_db()
    assert product.status == ProductStatus.DRAFT


def test_who_may_not_is_told_so_and_who_sees_nothing_learns_nothing(member):
    seen = ProductFactory()
    hidden = ProductFactory(status=ProductStatus.DRAFT)
    ask = ask_as(member)

    codes = [
        ask(PUBLISH, fqn=fqn).json()["data"]["publishProduct"]["problems"][0]["code"]
        for fqn in (seen.fqn, hidden.fqn, "no.such")
    ]

    assert codes == ["not-allowed", "not-found", "not-found"]


@pytest.mark.parametrize("name", ["request", "operation", "contract"])
@pytest.mark.parametrize("given", ["0190c8a5-7c1e-7000-8000-000000000000", "x", ""])
def test_an_unknown_id_is_null(ask, name, given):
    kind = "String!" if name == "contract" else "ID!"

    body = ask(f"query ($id: {kind}) {{ {name}(id: $id) {{ id }} }}", id=given).json()

    assert body["data"] == {name: None}
    assert "errors" not in body


def test_a_bad_cursor_is_an_error_with_its_code(ask):
    body = ask('{ domains(first: 1, after: "bm9uc2Vuc2U") { edges { cursor } } }').json()

    assert body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == "invalid"
    assert body["errors"][0]["extensions"]["problems"][0]["code"] == "bad-cursor"


def test_the_page_for_browsers_needs_a_login_and_no_inline_script(client, member):
    visitor = client.get("/graphql/")
    client.force_login(member)
    page = client.get("/graphql/")

    assert visitor.status_code == 302
    assert page.status_code == 200
    assert b"js/graphql" in page.content
    assert b"<script>" not in page.content
    assert b"style=" not in page.content
