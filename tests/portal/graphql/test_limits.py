"""Queries that are too big are refused with code, limit and found value (SECURITY §3)."""

import pytest
from django.test import override_settings
from graphql import get_introspection_query

from core.graphql.limits import MAX_BYTES
from tests.factories import UserFactory
from tests.portal.graphql.conftest import ask_as, headers_for

pytestmark = pytest.mark.django_db

NESTED = (
    "{ products(first: 3) { edges { node { "
    + "upstream(first: 3) { product { " * 10
    + "fqn"
    + " } }" * 10
    + " } } } }"
)
COSTLY = """{ products(first: 200) { edges { node {
    upstream(first: 200) { product { downstream(first: 200) { id } } } } } } }"""
BOMB = "{ ...A0 } " + " ".join(
    f"fragment A{n} on Query {{ "
    f"products(first: 100) {{ edges {{ node {{ upstream(first: 100) {{ id }} }} }} }} "
    f"...A{n + 1} }}"
    if n < 9
    else f"fragment A{n} on Query {{ viewer {{ username }} }}"
    for n in range(10)
)
DOUBLING = 'query { product(fqn: "x") { ...F0 } } ' + " ".join(
    f"fragment F{n} on DataProduct {{ a: owner {{ name }} ...F{n + 1} ...F{n + 1} }}"
    if n < 25
    else f"fragment F{n} on DataProduct {{ name }}"
    for n in range(26)
)
FRAGMENTS = "{ viewer { username } } " + " ".join(
    f"fragment F{n} on Viewer {{ username }}" for n in range(100)
)
INTROSPECTION = (
    "{ __schema { types { fields { type "
    + "{ fields { type " * 9
    + "{ name }"
    + (" } }" * 9)
    + " } } } }"
)
TREE = (
    '{ team(slug: "x") { ...F0 } } '
    + " ".join(
        f"fragment F{n} on {kind} {{ a: {field} {{ ...F{n + 1} }} b: {field} {{ ...F{n + 1} }} }}"
        for n, (kind, field) in enumerate([("Team", "domain"), ("Domain", "owner")] * 5)
    )
    + " fragment F10 on Team { name }"
)
ABUSES = {
    "nested lists": (NESTED, "too-deep", 12),
    "nested fan-out": (COSTLY, "too-expensive", 10_000),
    "fragment bomb": (BOMB, "too-expensive", 10_000),
    "doubling fragments": (DOUBLING, "too-many-equal-names", 20),
    "first: 1000000": ("{ products(first: 1000000) { edges { cursor } } }", "page-too-long", 200),
    "first: 0": ("{ products(first: 0) { edges { cursor } } }", "page-too-long", 200),
    "first: -1": ("{ products(first: -1) { edges { cursor } } }", "page-too-long", 200),
    "many days": (
        '{ product(fqn: "x") { quality { trend(days: 9999) { day } } } }',
        "page-too-long",
        366,
    ),
    "alias x1000": (
        "{" + " ".join(f"a{n}: __typename" for n in range(600)) + "}",
        "too-many-aliases",
        30,
    ),
    "alias x10000": (
        "{" + " ".join(f"a{n}: __typename" for n in range(5000)) + "}",
        "too-many-tokens",
        2000,
    ),
    "same field x1000": ("{ " + "__typename " * 1000 + "}", "too-many-equal-names", 20),
    "same field deep": (
        "{ viewer { " + "username " * 1000 + "} }",
        "too-many-equal-names",
        20,
    ),
    "same field x7000": ("{ " + "__typename " * 7000 + "}", "too-many-tokens", 2000),
    "overlapping fragments": (FRAGMENTS, "too-many-fragments", 30),
    "directives": (
        "{ viewer " + "@include(if: true) " * 100 + "{ username } }",
        "too-many-directives",
        20,
    ),
    "directives x5000": ("{ viewer " + "@a" * 5000 + " { username } }", "too-many-tokens", 2000),
    "root fields": (
        "{ " + " ".join(f'a{n}: team(slug: "x") {{ name }}' for n in range(25)) + " }",
        "too-many-root-fields",
        20,
    ),
    "root fields in fragments": (
        "{ "
        + " ".join(f'... on Query {{ a{n}: team(slug: "x") {{ name }} }}' for n in range(25))
        + " }",
        "too-many-root-fields",
        20,
    ),
    "brackets": ("{ a" * 900, "too-deep", 40),
    "list brackets": ("{ products(status: " + "[" * 900, "too-deep", 40),
    "introspection x30": (
        "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(15)) + " }",
        "too-expensive",
        10_000,
    ),
    "equal names that meet by merging": (
        "{ " + f"viewer {{ {'username ' * 15} }} " * 15 + "}",
        "too-many-equal-names",
        20,
    ),
    "doubling single objects": (TREE, "too-many-fields", 1000),
    "many values": (
        "{ products(first: 200) { edges { node { "
        + " ".join(f"a{n}: domain {{ ...D }}" for n in range(9))
        + " } } } } fragment D on Domain { "
        + " ".join(f"b{n}: owner {{ ...T }}" for n in range(9))
        + " } fragment T on Team { id slug name kind contact url }",
        "too-many-values",
        100_000,
    ),
    "introspection deep": (INTROSPECTION, "too-deep", 16),
    "long body": ("# " + "x" * MAX_BYTES, "too-large", MAX_BYTES),
}


@pytest.mark.parametrize("name", list(ABUSES))
def test_abuse_is_refused_and_the_answer_says_why(ask, name):
    query, code, limit = ABUSES[name]

    response = ask(query)

    assert response.status_code == 400, response.content[:300]
    told = response.json()["errors"][0]["extensions"]
    assert (told["code"], told["limit"]) == (code, limit)
    assert told["found"] > limit or told["found"] < 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ products { edges { cursor } } }", "invalid-query"),
        ("{ nothing }", "invalid-query"),
        ("{ viewer { ...A } } fragment A on Viewer { ...A }", "invalid-query"),
        ("{", "syntax"),
        ("query A { viewer { username } } query B { viewer { name } }", "unknown-operation"),
        ("query ($n: Int!) { products(first: $n) { edges { cursor } } }", "bad-variable"),
    ],
)
def test_an_invalid_query_is_refused(ask, query, code):
    response = ask(query)

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'[{"query": "{ viewer { username } }"}]',
        b"x",
        b"{}",
        b'{"query": 1}',
        b'{"query": "{ viewer { username } }", "variables": 3}',
        b'{"query": "{ team(slug: \\"\\\\u0000\\") { name } }"}',
    ],
)
def test_a_body_of_another_form_is_refused(client, member, body):
    response = client.post(
        "/graphql/", data=body, content_type="application/json", headers=headers_for(member)
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] in {"bad-json", "bad-request"}


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


def test_introspection_by_usual_tools_is_answered(ask):
    response = ask(get_introspection_query(input_value_deprecation=True, schema_description=True))

    assert response.status_code == 200
    assert response.json()["data"]["__schema"]["queryType"]["name"] == "Query"
