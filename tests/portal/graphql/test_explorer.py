"""The page at `/graphql/`: what it shows without any script."""

from __future__ import annotations

import orjson
import pytest
from graphql import parse, validate

from core.models import PersistedQuery
from portal.graphql.examples import EXAMPLES
from portal.graphql.explorer import found, type_doc, type_names
from portal.graphql.schema import schema
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, member):
    client.force_login(member)
    return client


def test_every_example_is_valid_and_affordable(member):
    ask = ask_as(member)
    for example in EXAMPLES:
        assert validate(schema.graphql_schema, parse(example.query)) == [], example.slug
        answer = ask(example.query, **orjson.loads(example.variables))
        assert answer.status_code == 200, (example.slug, answer.content)
        assert "errors" not in answer.json(), example.slug


def test_an_example_is_chosen_by_the_address(browser):
    page = browser.get("/graphql/?example=weak-products").content.decode()

    assert "query WeakProducts" in page
    assert '<a href="?example=weak-products" aria-current="true">' in page
    assert "query UpstreamOwners" in browser.get("/graphql/?example=nothing").content.decode()


def test_a_registered_query_is_listed_and_opened(browser):
    PersistedQuery.objects.create(
        sha256="a" * 64, name="<b>Mine</b>", text="{ __typename }", created_by="olga", owner_id=1
    )

    page = browser.get(f"/graphql/?id={'a' * 64}").content.decode()

    assert "&lt;b&gt;Mine&lt;/b&gt;" in page
    assert "{ __typename }</textarea>" in page


@pytest.mark.parametrize("name", ["DataProduct", "ProductStatus", "DecisionOutcomeInput"])
def test_each_kind_of_type_is_described(browser, name):
    page = browser.get(f"/graphql/?type={name}").content.decode()
    doc = type_doc(name)

    assert doc is not None
    assert doc.description
    for member in (*doc.fields, *doc.values):
        assert f"<code>{member.name}</code>" in page


def test_a_word_finds_names_before_explanations(browser):
    hits = found("lineageImpact")

    is_named = ["lineageimpact" in each.name.lower() for each in hits]
    assert "Query.lineageImpact" in [each.name for each in hits]
    assert is_named == sorted(is_named, reverse=True)
    assert "Nothing in the schema holds" in browser.get("/graphql/?find=xyzzy").content.decode()
    assert found(" ") == []


@pytest.mark.parametrize("odd", ["type=Nothing", "type=__Type", "id=%00", "find=%00", "example="])
def test_odd_addresses_show_the_page_as_it_begins(browser, odd):
    page = browser.get(f"/graphql/?{odd}")

    assert page.status_code == 200
    assert "Everything that can be done" in page.content.decode()


def test_all_types_but_those_of_paging_are_listed():
    names = type_names()

    assert "DataProduct" in names
    assert not [name for name in names if name.endswith(("Connection", "Edge"))]
    assert not [name for name in names if name.startswith("__")]
