"""A query costs a constant number of statements, and both executors answer it alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import actor_of
from accounts.models import Team, User
from accounts.states import PortalRole
from catalog.lineage.models import ProductEdge
from catalog.products.models import Announcement, Comment, DataProduct
from core.graphql.execution import Context, Documents, Prepared, answer_sets, prepare, run
from portal.graphql.schema import schema
from portal.scale.loading import scale
from tests.factories import UserFactory, member_of

pytestmark = pytest.mark.django_db

TEXT = (Path(__file__).parent / "queries.graphql").read_text()
STATEMENTS = {
    "ProductsAsTheBudgetHasIt": 6,
    "ProductsInFull": 7,
    "ProductsBelowAScore": 5,
    "WhoHasAPartInProducts": 6,
    "PortsWithWhatTheyPromise": 6,
    "PortsWithColumnsOfAClass": 5,
    "WhatProductsRead": 7,
    "WhatIsMadeFromProducts": 5,
    "Trends": 3,
    "ChecksWithTheirPorts": 4,
    "TermsOfProducts": 4,
    "WhatIsSaidOfProducts": 7,
    "WhatProductsWere": 3,
    "Domains": 5,
    "WhatDomainsHave": 3,
    "Teams": 5,
    "WhatTeamsOwn": 4,
    "Systems": 4,
    "Glossary": 3,
    "Contracts": 5,
    "WhatContractsPromise": 4,
    "Grants": 5,
    "Requests": 5,
    "Resources": 5,
    "Operations": 1,
    "Search": 5,
    "LineageOfAProduct": 12,
    "TheChangeFeed": 1,
    "WhatTheCallerFollows": 5,
    "Policies": 1,
    "TheRestInLists": 5,
}


@pytest.fixture
def readers() -> list[User]:
    """One who sees all, and a member of a team, in a company of some size."""
    scale(products=60, seed=5)
    _talk()
    busy = Team.objects.filter(data_products__isnull=False).order_by("pk").first()
    return [UserFactory(portal_role=PortalRole.STEWARD), member_of(busy)]


def _talk() -> None:
    """Of each product something is announced, asked and answered."""
    author = UserFactory()
    products = DataProduct.objects.all()
    Announcement.objects.bulk_create(
        Announcement(product=each, title="Late today", author=author) for each in products
    )
    questions = Comment.objects.bulk_create(
        Comment(product=each, author=author, body="How fresh is it?") for each in products
    )
    Comment.objects.bulk_create(
        Comment(product=each.product, parent=each, author=author, body="An hour")
        for each in questions
    )


@dataclass(frozen=True)
class Asking:
    """One reader, and the queries with the values that they need."""

    context: Context
    node: str
    documents: Documents = field(default_factory=Documents)

    def prepared(self, name: str, size: int) -> Prepared:
        asked = {"n": size, "node": self.node}
        return prepare(schema.graphql_schema, self.documents, single(name), asked)


def single(name: str) -> str:
    """The operation of that name alone: a request carries at most 2,000 tokens."""
    found = re.search(rf"^query {name}\(.*?^}}", TEXT, re.DOTALL | re.MULTILINE)
    assert found, name
    return found[0]


def asking(reader: User) -> Asking:
    context = Context(actor_of(reader))
    visible = DataProduct.objects.visible_to(context.actor)
    made_of_others = (
        visible.filter(pk__in=ProductEdge.objects.values("target")).order_by("fqn").first()
    )
    return Asking(context, f"product:{made_of_others.fqn}")


def test_a_list_of_200_costs_as_many_statements_as_one_of_10(readers):
    asked, found = asking(readers[0]), {}

    for name in STATEMENTS:
        counts = []
        for size in (10, 200):
            prepared = asked.prepared(name, size)
            answer_sets(schema.graphql_schema, prepared, asked.context)  # caches are warm
            with CaptureQueriesContext(connection) as captured:
                answer = answer_sets(schema.graphql_schema, prepared, asked.context)
            assert answer is not None, name
            counts.append(len(captured))
        found[name] = counts

    assert found == {name: [count, count] for name, count in STATEMENTS.items()}


def test_both_executors_say_the_same_in_every_query(readers):
    for reader in readers:
        asked = asking(reader)
        for name in STATEMENTS:
            prepared = asked.prepared(name, 20)
            expected = run(schema.graphql_schema, prepared, asked.context)

            assert "errors" not in expected, name
            assert answer_sets(schema.graphql_schema, prepared, asked.context) == expected, name
            assert holds_something(expected["data"]) or name in EMPTY, name


def test_every_query_of_the_file_is_pinned():
    assert re.findall(r"^query (\w+)", TEXT, re.MULTILINE) == list(STATEMENTS)


EMPTY = {  # no scheduled work, news or rules in a synthetic company
    *("Operations", "TheChangeFeed", "Policies"),
}


def holds_something(value: Any) -> bool:
    """A value other than empty lists, nulls and what every answer has."""
    if isinstance(value, dict):
        return any(holds_something(each) for name, each in value.items() if name != "pageInfo")
    return bool(value)
