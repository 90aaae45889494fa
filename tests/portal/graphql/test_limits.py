"""Queries that are too big are refused with code, limit and found value (SECURITY §3)."""

import pytest
from django.test import override_settings
from graphql import get_introspection_query

from catalog.products.models import Follow
from core.graphql.budget import REFUSED
from core.graphql.cost import WRITE
from core.models import GraphqlBudget
from portal.bench.hostile import HOSTILE
from tests.factories import ProductFactory, UserFactory
from tests.portal.graphql.conftest import ask_as, headers_for

pytestmark = pytest.mark.django_db


def test_the_corpus_is_large_and_names_each_request_once():
    assert len(HOSTILE) >= 60
    assert len({each.name for each in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: each.name)
def test_abuse_is_refused_and_the_answer_says_why(client, member, hostile):
    response = client.post(
        "/graphql/",
        data=hostile.body,
        content_type="application/json",
        headers=headers_for(member),
    )

    assert response.status_code == 400, response.content[:300]
    assert response["Content-Type"] == "application/json"
    assert len(response.content) < 5000
    told = response.json()["errors"][0]["extensions"]
    assert (told["code"], told.get("limit")) == (hostile.code, hostile.limit)
    if hostile.limit is not None:
        assert told["found"] > hostile.limit or told["found"] < 1
    assert GraphqlBudget.objects.get().spent == REFUSED
    assert response.json()["extensions"]["cost"]["remaining"] == 500_000 - REFUSED


@pytest.mark.parametrize(
    ("method", "kind", "status"),
    [
        ("put", "application/json", 405),
        ("delete", "application/json", 405),
        ("patch", "application/json", 405),
        ("post", "application/x-www-form-urlencoded", 415),
        ("post", "multipart/form-data; boundary=x", 415),
        ("post", "text/plain", 415),
        ("post", "application/graphql", 415),
        ("post", "application/xml", 415),
        ("post", "", 415),
    ],
)
def test_other_methods_and_kinds_of_bodies_are_refused(client, member, method, kind, status):
    body = b'{"query": "mutation { publishProduct(fqn: \\"x\\") { problems { code } } }"}'

    client.force_login(member)

    response = client.generic(method, "/graphql/", body, content_type=kind)

    assert response.status_code == status
    assert not GraphqlBudget.objects.exists()


def test_a_query_in_the_address_is_never_carried_out(client, member):
    address = "/graphql/?query=mutation{publishProduct(fqn:%22x%22){problems{code}}}"

    client.force_login(member)

    response = client.get(address)

    assert response["Content-Type"].startswith("text/html")
    assert not GraphqlBudget.objects.exists()


def test_a_variable_counts_like_a_literal(ask):
    query = (
        "query ($n: Int!) { products(first: $n) { edges { node { upstream(first: $n) { id } } } } }"
    )

    answer = ask(query, n=50).json()
    refused = ask(query, n=150)

    assert answer["extensions"]["cost"]["requested"] == 50 * (1 + 50)
    assert refused.status_code == 400
    assert refused.json()["extensions"]["cost"]["requested"] == 150 * (1 + 150)


def test_single_objects_connections_and_small_sets_cost_nothing(ask):
    query = '{ product(fqn: "x") { owner { name } quality { dimensions { score } } tags } }'

    assert ask(query).json()["extensions"]["cost"] == {
        "requested": 0,
        "limit": 10_000,
        "remaining": 500_000,
    }


@override_settings(GRAPHQL_BUDGET=500)
def test_a_spent_budget_refuses_one_actor_and_no_other(member, ask):
    query = "{ domains(first: 200) { edges { cursor } } }"

    first, second, third = ask(query), ask(query), ask(query)
    other = ask_as(UserFactory())(query)

    assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
    assert second.json()["extensions"]["cost"]["remaining"] == 100
    assert 1 <= int(third["Retry-After"]) <= 60
    assert third.json()["errors"][0]["extensions"]["code"] == "budget-exhausted"
    assert other.status_code == 200


@override_settings(GRAPHQL_BUDGET=3 * REFUSED)
def test_who_only_sends_what_is_refused_is_sent_away(member, ask):
    wrong, right = "{ nothing }", "{ domains(first: 1) { edges { cursor } } }"

    refused = [ask(wrong) for _ in range(5)]
    read = ask(right)
    other = ask_as(UserFactory())

    assert [each.status_code for each in refused] == [400, 400, 400, 429, 429]
    assert read.status_code == 429  # not even looked at
    assert refused[3].json()["errors"][0]["extensions"]["code"] == "budget-exhausted"
    assert all(1 <= int(each["Retry-After"]) <= 60 for each in (*refused[3:], read))
    assert [other(wrong).status_code, other(right).status_code] == [400, 200]


@override_settings(GRAPHQL_BUDGET=3 * WRITE)
def test_what_is_done_costs_and_a_spent_budget_does_nothing():
    product = ProductFactory()
    ask = ask_as(UserFactory())
    follow = "mutation ($fqn: String!) { followProduct(fqn: $fqn) { problems { code } } }"
    twice = """mutation ($fqn: String!) { a: followProduct(fqn: $fqn) { problems { code } }
        ...More }
        fragment More on Mutation { b: unfollowProduct(fqn: $fqn) { problems { code } } }"""

    once, both, none = ask(follow, fqn=product.fqn), ask(twice, fqn=product.fqn), ask(follow)
    over = ask(follow, fqn=product.fqn)

    assert once.json()["extensions"]["cost"]["requested"] == WRITE
    assert both.json()["extensions"]["cost"] == {
        "requested": 2 * WRITE,
        "limit": 10_000,
        "remaining": 0,
    }
    assert (none.status_code, over.status_code) == (429, 429)
    assert not Follow.objects.exists()


def test_introspection_by_usual_tools_is_answered(ask):
    response = ask(get_introspection_query(input_value_deprecation=True, schema_description=True))

    assert response.status_code == 200
    answer = response.json()
    kinds = answer["data"]["__schema"]["types"]
    listed = len(kinds) + sum(
        len(each[name] or ())
        for each in kinds
        for name in ("fields", "inputFields", "enumValues", "interfaces", "possibleTypes")
    )
    listed += sum(len(field["args"]) for each in kinds for field in each["fields"] or ())
    listed += len(answer["data"]["__schema"]["directives"])
    assert answer["extensions"]["cost"]["requested"] == pytest.approx(listed, rel=0.05)


def test_a_page_without_rows_is_not_called_too_big(ask):
    refusals = [ask(f"{{ products(first: {n}) {{ edges {{ cursor }} }} }}") for n in (0, -1, 201)]

    said = [each.json()["errors"][0]["message"] for each in refusals]
    assert [each.status_code for each in refusals] == [400, 400, 400]
    assert [text.partition(":")[0] for text in said] == [
        "Ask for 1 at least",
        "Ask for 1 at least",
        "This query is too big",
    ]
