"""A query costs a constant number of statements, and both executors answer it alike."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import actor_of
from accounts.models import Team, User
from accounts.states import PortalRole
from core.graphql.execution import Context, Documents, answer_sets, prepare, run
from portal.graphql.schema import schema
from portal.scale.loading import scale
from tests.factories import UserFactory, member_of

pytestmark = pytest.mark.django_db

PAGE = "pageInfo { hasNextPage endCursor }"
WHO = "owner { slug name }"
# name: (a query with $n, statements)
QUERIES: dict[str, tuple[str, int]] = {
    "products as the budget has it": (
        (
            "products(first: $n) { edges { node { fqn name owner { name } quality { score"
            f" dimensions {{ dimension score }} }} upstream {{ name distance }} }} }} {PAGE} }}"
        ),
        0,
    ),
    "products in full": (
        (
            "products(first: $n, orderBy: NAME) { totalCount edges { cursor node { id fqn documentId"
            " name purpose description limitations usage status archetype visibility classification"
            " version revision createdAt updatedAt publishedAt writtenAt sunsetOn tags extra url"
            " links { kind label url } consumerCount isFollowed successor { fqn } domain { path }"
            f" {WHO} }} }} }}"
        ),
        0,
    ),
    "products below a score": (
        (
            "products(first: $n, belowScore: 101, orderBy: NAME) { edges { node { fqn owner { contact }"
            " quality { score explanation { check lostPoints } } } } }"
        ),
        0,
    ),
    "who has a part in products": (
        (
            "products(first: $n) { edges { node { ownership { kind team { slug } person { name } }"
            " } } }"
        ),
        0,
    ),
    "ports with what they promise": (
        (
            "products(first: $n) { edges { node { outputPorts(first: 3) { edges { node { fqn technology"
            " location datasets(first: 2) { name } contract { name } contractVersion { version }"
            " nextVersion { version } url } } } } } }"
        ),
        0,
    ),
    "ports with columns of a class": (
        (
            "products(first: $n) { edges { node { outputPorts(first: 2) { edges { node {"
            ' contractVersion { columns(first: 9, classification: ["personal"]) { edges { node {'
            " object path logicalType classification tags } } } } } } } } } }"
        ),
        0,
    ),
    "what products read": (
        (
            "products(first: $n) { edges { node { inputPorts(first: 4) { edges { node { name contractId"
            " source { fqn product { fqn owner { slug } } } system { fqn } } } } } } }"
        ),
        0,
    ),
    "what is made from products": (
        (
            "products(first: $n) { edges { node { downstream(depth: 2, first: 9) { id kind distance"
            " product { fqn status } owner { slug } } } } }"
        ),
        0,
    ),
    "trends": (
        (
            "products(first: $n) { edges { node { quality { coverage stale measuredAt"
            " trend(days: 30) { day score } } } } }"
        ),
        0,
    ),
    "checks with their ports": (
        (
            "products(first: $n) { edges { node { quality { checks(first: 5) { edges { node { name"
            " outcome dimension weight port { fqn } } } } } } } }"
        ),
        0,
    ),
    "terms of products": (
        (
            "products(first: $n) { edges { node { terms(first: 3) { edges { node { name owner { slug }"
            " } } } } } }"
        ),
        0,
    ),
    "what is said of products": (
        (
            "products(first: $n) { edges { node { announcements(first: 2, live: true) { edges { node {"
            " title author { name } } } } comments(first: 2) { edges { node { body author { name }"
            " replies(first: 2) { edges { node { body } } } } } } } } }"
        ),
        0,
    ),
    "what products were": (
        (
            "products(first: $n) { edges { node { revisions(first: 2) { edges { node { number verb"
            " changes } } } } } }"
        ),
        0,
    ),
    "domains": (
        (
            "domains(first: $n) { totalCount edges { node { path purpose parent { path } owner { slug }"
            " children(first: 3) { edges { node { path } } } teams(first: 3) { edges { node { slug } }"
            " } } } }"
        ),
        0,
    ),
    "what domains have": (
        (
            "domains(first: $n) { edges { node { products(first: 5) { edges { node { fqn quality {"
            " score } } } } systems(first: 3) { edges { node { fqn } } } } } }"
        ),
        0,
    ),
    "teams": (
        (
            "teams(first: $n) { edges { node { slug kind domain { path } parent { slug }"
            " members(first: 3) { edges { node { role person { name } } } }"
            " ownedDomains(first: 2) { edges { node { path } } } } } }"
        ),
        0,
    ),
    "what teams own": (
        (
            "teams(first: $n) { edges { node { products(first: 5) { edges { node { fqn owner { slug } }"
            " } } systems(first: 3) { edges { node { fqn } } } } } }"
        ),
        0,
    ),
    "systems": (
        (
            "systems(first: $n) { edges { node { fqn status tags ports(first: 3) { edges { node { kind"
            f" operations(first: 2) {{ verb name }} }} }} }} {WHO} domain {{ path }} }} }} }}"
        ),
        0,
    ),
    "glossary": (
        f"terms(first: $n) {{ edges {{ node {{ name synonyms domain {{ path }} {WHO} }} }} }}",
        0,
    ),
    "contracts": (
        (
            f"contracts(first: $n) {{ edges {{ node {{ documentId offered {WHO} domain {{ path }}"
            " versions(first: 2) { edges { node { version status createdBy } } }"
            " outputPorts(first: 2) { edges { node { fqn } } } } } }"
        ),
        0,
    ),
    "what contracts promise": (
        (
            "contracts(first: $n) { edges { node { versions(first: 1) { edges { node {"
            " qualityRules(first: 5) { edges { node { name metric threshold } } }"
            " serviceLevels(first: 5) { edges { node { property value unit } } } } } } } } }"
        ),
        0,
    ),
    "grants": (
        (
            "grants(first: $n) { edges { node { consumer state until port { fqn product { fqn } }"
            " request { number } extensions(first: 2) { edges { node { until } } } } } }"
        ),
        0,
    ),
    "requests": (
        (
            "requests(first: $n) { edges { node { number state title requester { name } team { slug }"
            " approvals { state team { slug } } waitingFor { slug } operation { state } } } }"
        ),
        0,
    ),
    "resources": (
        (
            f"resources(first: $n) {{ edges {{ node {{ kind name state drift {{ what }} {WHO}"
            " domain { path } effects(first: 3) { edges { node { kind name } } }"
            " operations(first: 2) { edges { node { state } } } } } }"
        ),
        0,
    ),
    "operations": (
        (
            "operations(first: $n) { edges { node { state steps { n name } resource { name }"
            " log(first: 2) { edges { node { text } } } } } }"
        ),
        0,
    ),
    "search": (
        (
            'search(text: "orders", first: $n) { text isCorrected hits { totalCount edges { node {'
            " kind fqn matched score } } } }"
        ),
        0,
    ),
    "lineage of a product": (
        (
            "lineage(node: $node, first: $n, depth: 3) { nodes { id owner { slug } product { fqn } }"
            " edges { source target } totalNodes truncated }"
        ),
        0,
    ),
    "the change feed": ("events(first: $n) { edges { node { type subject { name } } } }", 0),
    "what the caller follows": (
        (
            "viewer { username teams { slug } unreadNotifications follows(first: $n) { edges { node {"
            " fqn } } } savedSearches(first: $n) { edges { node { name } } }"
            " tokens(first: $n) { edges { node { name } } } }"
        ),
        0,
    ),
    "policies": (
        (
            "policies(first: $n) { edges { node { name state failing wording { words }"
            " versions(first: 2) { edges { node { number } } } } } }"
        ),
        0,
    ),
    "the rest, in lists": (
        (
            "blueprints(first: $n) { edges { node { name steps leadTimeS owner { slug } } } }"
            " targets(first: $n) { edges { node { slug owner { slug } } } }"
            " demands(first: $n) { edges { node { title author { name } product { fqn } } } }"
            " notifications(first: $n) { edges { node { title } } }"
            " persistedQueries(first: $n) { edges { node { name } } }"
            " classifications { slug rank }"
        ),
        0,
    ),
}


@pytest.fixture
def readers() -> list[User]:
    """One who sees all, and a member of a team, in a company of some size."""
    scale(products=60, seed=5)
    busy = Team.objects.filter(data_products__isnull=False).order_by("pk").first()
    return [UserFactory(portal_role=PortalRole.STEWARD), member_of(busy)]


def asked(query: str) -> str:
    node = ", $node: String!" if "$node" in query else ""
    return f"query ($n: Int!{node}) {{ {query} }}"


def test_a_list_of_200_costs_as_many_statements_as_one_of_10(readers):
    context = Context(actor_of(readers[0]))
    documents, found = Documents(), {}
    node = f"product:{first_product(context)}"

    for name, (query, _) in QUERIES.items():
        counts = []
        for size in (10, 200):
            given = {"n": size, "node": node}
            prepared = prepare(schema.graphql_schema, documents, asked(query), given)
            answer_sets(schema.graphql_schema, prepared, context)  # caches are warm
            with CaptureQueriesContext(connection) as captured:
                assert answer_sets(schema.graphql_schema, prepared, context) is not None, name
            counts.append(len(captured))
        found[name] = counts

    assert found == {name: [count, count] for name, (_, count) in QUERIES.items()}


def test_both_executors_say_the_same_in_every_query(readers):
    documents = Documents()

    for reader in readers:
        context = Context(actor_of(reader))
        node = f"product:{first_product(context)}"
        for name, (query, _) in QUERIES.items():
            given = {"n": 20, "node": node}
            prepared = prepare(schema.graphql_schema, documents, asked(query), given)
            expected = run(schema.graphql_schema, prepared, context)

            assert "errors" not in expected, name
            assert answer_sets(schema.graphql_schema, prepared, context) == expected, name
            assert holds_something(expected["data"]) or name in EMPTY, name


EMPTY = {  # no scheduled work, news or rules in a synthetic company
    *("operations", "the change feed", "policies"),
}


def first_product(context: Context) -> Any:
    prepared = prepare(
        schema.graphql_schema, Documents(), "{ products(first: 1) { edges { node { fqn } } } }", {}
    )
    return run(schema.graphql_schema, prepared, context)["data"]["products"]["edges"][0]["node"][
        "fqn"
    ]


def holds_something(value: Any) -> bool:
    """A value other than empty lists, nulls and what every answer has."""
    if isinstance(value, dict):
        return any(holds_something(each) for name, each in value.items() if name != "pageInfo")
    return bool(value)
