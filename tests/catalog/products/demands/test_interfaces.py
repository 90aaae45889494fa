"""The demand board over REST and GraphQL."""

import pytest
from django.test import Client

from accounts.services import create_token
from catalog.products.models import Demand
from catalog.products.services import (
    DemandData,
    answer_demand,
    post_demand,
)
from tests.factories import (
    ProductFactory,
    actor_for,
)

pytestmark = pytest.mark.django_db
NEED = "Temperature of each shop, **hourly**."


@pytest.fixture
def caller():
    def call(user, method, path, body=None, **headers):
        _, token = create_token(user=user, name="t", scopes=["read", "write"])
        return getattr(Client(), method)(
            f"/api/v1/{path}",
            data=body,
            content_type="application/json",
            headers={"authorization": f"Bearer {token}", **headers},
        )

    return call


def test_rest_asks_once_for_one_key(caller, author, team):
    body = {"title": "Weather", "need": NEED, "domain": "stores"}
    headers = {"idempotency-key": "one"}
    first = caller(author, "post", "demands", body, **headers)
    second = caller(author, "post", "demands", body, **headers)

    assert first.status_code == second.status_code == 201
    assert second["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    assert first["Location"].endswith(f"/api/v1/demands/{first.json()['id']}")
    assert Demand.objects.count() == 1


def test_rest_goes_the_whole_way(caller, author, helper, team, wish):
    product = ProductFactory(slug="weather", owner=team)
    path = f"demands/{wish.pk}"
    assert caller(helper, "post", f"{path}/vote").json()["votes"] == 1
    assert caller(helper, "delete", f"{path}/vote").json()["votes"] == 0
    taken = caller(helper, "post", f"{path}/take", {"team": "store-systems"})
    assert (taken.json()["state"], taken.json()["team"]) == ("taken", "store-systems")
    answered = caller(helper, "post", f"{path}/answer", {"product": product.fqn})
    assert (answered.json()["state"], answered.json()["product"]) == ("answered", product.fqn)
    late = caller(author, "post", f"{path}/decline", {"reason": "Too late"})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/invalid-transition")
    listed = caller(author, "get", "demands?state=answered&domain=stores").json()
    assert [each["id"] for each in listed["results"]] == [str(wish.pk)]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("demands", {"title": 7, "need": NEED}, "/title"),
        ("demands", {"title": "x", "need": NEED, "domain": "nowhere"}, "/domain"),
        ("demands?state=lost", None, "/state"),
    ],
)
def test_rest_names_what_is_wrong(caller, author, path, body, pointer):
    answer = caller(author, "post" if body else "get", path, body)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["problems"]] == [pointer]
    assert not Demand.objects.exists()


def test_graphql_lists_wishes_with_what_answers_them(author, helper, team, wish):
    product = ProductFactory(slug="weather", owner=team)
    answer_demand(demand=wish, product=product, actor=actor_for(helper))
    post_demand(data=DemandData("CO2 of parcels", NEED), actor=actor_for(author))
    query = (
        "{ demands(first: 5, state: [ANSWERED]) { edges { node { title votes state"
        " author { username } team { slug } domain { path } product { fqn } } } } }"
    )
    client = Client()
    client.force_login(author)
    answer = client.post("/graphql/", {"query": query}, content_type="application/json").json()

    assert [edge["node"] for edge in answer["data"]["demands"]["edges"]] == [
        {
            "title": "Weather by shop",
            "votes": 0,
            "state": "ANSWERED",
            "author": {"username": "author"},
            "team": {"slug": "store-systems"},
            "domain": {"path": "stores"},
            "product": {"fqn": "stores.weather"},
        }
    ]
