"""What people really type finds what they mean: at least nine times in ten within the first ten."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from accounts.actors import system_actor
from catalog.search.selectors import SearchQueryData, find
from portal.demo.loading import load_catalogue

pytestmark = pytest.mark.django_db
QUERIES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "recall" / "queries.yaml").read_text()
)
FIRST = 10
LEAST = 0.9


@pytest.fixture
def demo_catalogue(settings) -> None:
    """All products of the demo company, also those whose tables are in the warehouse."""
    settings.DEMO_PASSWORD = "only-for-tests"
    load_catalogue()


def wanted(each: dict[str, Any]) -> list[str]:
    """What is looked for: one fqn, or several of which one is enough."""
    expect = each["expect"]
    return [expect] if isinstance(expect, str) else expect


def found(text: str) -> list[str]:
    query = SearchQueryData(text=text, scope=("product", "contract"), size=FIRST)
    return [hit.fqn for hit in find(system_actor(), query).rows]


def test_the_right_product_is_among_the_first_ten(demo_catalogue):
    answers = {each["query"]: found(each["query"]) for each in QUERIES}
    missed = [
        f"{each['kind']}: {each['query']} → {answers[each['query']][:3]}"
        for each in QUERIES
        if not set(wanted(each)) & set(answers[each["query"]])
    ]

    assert len(missed) <= (1 - LEAST) * len(QUERIES), missed


def test_an_exact_name_always_stands_first(demo_catalogue):
    exact = [each for each in QUERIES if each["kind"] == "exact"]

    first = {each["query"]: found(each["query"])[:1] for each in exact}

    assert first == {each["query"]: wanted(each) for each in exact}
