"""Reading again by REST: what has not changed is not sent again, and rights are those of now."""

import pytest
from django.test import Client

from accounts.models import ApiToken
from accounts.services import create_token
from catalog.products.models import DataProduct
from catalog.products.services.indexing import reindex
from core.positions import number_events
from tests.factories import ProductFactory, UserFactory, member_of
from tests.portal.company import Company, make_company
from tests.portal.described import operation_of
from tests.portal.role_tables_rest import REST
from tests.portal.test_role_matrix import path_of, routes

pytestmark = pytest.mark.django_db

DESCRIPTION = "portal:openapi"  # describes all but itself


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    return made


def test_every_read_is_answered_with_304_to_who_has_it(company):
    patterns = {name: pattern for name, pattern, _ in routes()}
    client = company.client("admin")
    again, wrong = 0, []
    for name, method in REST:
        if method != "get":
            continue
        path = path_of(name, patterns[name], company)
        first = client.get(path)
        if first.status_code != 200 or first.streaming:
            continue
        if "no-store" in first.get("Cache-Control", ""):
            wrong += [f"{path} is not kept and has an ETag"] if first.has_header("ETag") else []
            continue
        second = client.get(path, headers={"If-None-Match": first["ETag"]})
        again += 1
        if (second.status_code, second.content, second["ETag"]) != (304, b"", first["ETag"]):
            wrong.append(f"{path} {second.status_code}")
        if name != DESCRIPTION and "304" not in operation_of(method, patterns[name])["responses"]:
            wrong.append(f"{path} does not say so")

    assert wrong == []
    assert again > 60


@pytest.fixture
def script():
    """`get(path, **headers)` by token, with the token."""
    _, text = create_token(user=UserFactory(), name="script", scopes=["read"])

    def get(path: str, **headers: str):
        given = {"Authorization": f"Bearer {text}", **headers}
        return Client().get(f"/api/v1/{path}", headers=given)

    return get


def test_a_product_is_sent_again_when_anything_of_it_has_changed(script):
    product = ProductFactory()
    address = f"products/{product.fqn}"
    first = script(address)

    same = script(address, **{"If-None-Match": f'"other", W/{first["ETag"]}'})
    DataProduct.objects.filter(pk=product.pk).update(quality_score=71.5)
    changed = script(address, **{"If-None-Match": first["ETag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert same["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= {
        each.strip() for each in same["Vary"].split(",")
    }
    assert changed.status_code == 200
    assert changed.json()["quality"]["score"] == 71.5
    assert changed.json()["revision"] == first.json()["revision"]
    assert changed["ETag"] != first["ETag"]


def test_any_copy_will_do_where_the_caller_says_so_and_nonsense_matches_nothing(script):
    product = ProductFactory()

    assert script(f"products/{product.fqn}", **{"If-None-Match": "*"}).status_code == 304
    for odd in ("", "x", '"', "1", ",,", '"1"'):
        answer = script(f"products/{product.fqn}", **{"If-None-Match": odd})
        assert answer.status_code == 200, odd


def test_what_is_no_longer_shown_is_not_told_to_be_unchanged(script):
    product = ProductFactory()
    tag = {"If-None-Match": script(f"products/{product.fqn}")["ETag"]}

    DataProduct.objects.filter(pk=product.pk).update(status="draft")
    hidden = script(f"products/{product.fqn}", **tag)
    ApiToken.objects.update(revoked_at="2020-01-01T00:00:00Z")
    refused = script(f"products/{product.fqn}", **tag)

    assert (hidden.status_code, refused.status_code) == (404, 401)
    assert not hidden.has_header("ETag")


def test_two_readers_who_see_different_things_have_different_tags():
    team_product = ProductFactory(status="draft")
    reindex([team_product.pk])
    tags = []
    for user in (UserFactory(), member_of(team_product.owner)):
        _, text = create_token(user=user, name="script", scopes=["read"])
        answer = Client().get("/api/v1/products", headers={"Authorization": f"Bearer {text}"})
        tags.append(answer["ETag"])

    assert tags[0] != tags[1]


def test_pages_and_errors_carry_no_tag(script, client):
    assert not script("products/no.such").has_header("ETag")
    assert not client.get("/accounts/login/").has_header("ETag")
