"""What people really type finds what they mean: at least nine times in ten within the first ten."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from accounts.actors import system_actor
from catalog.search.selectors import SearchQueryData, find
from catalog.search.services import record_synonyms, refresh_words
from portal.demo import loader
from portal.demo.company import PRODUCTS

pytestmark = pytest.mark.django_db
QUERIES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "recall" / "queries.yaml").read_text()
)
SYNONYMS = (("customer", "client"), ("revenue", "turnover"), ("shipment", "parcel"))
FIRST = 10
LEAST = 0.9


@pytest.fixture
def demo_catalogue() -> None:
    """All products of the demo company, those with tables in the warehouse too."""
    loader.load_people()
    for spec in PRODUCTS:
        loader._product(spec)
    for names in SYNONYMS:
        record_synonyms(source=f"test:{names[0]}", names=names)
    refresh_words()


def found(text: str) -> list[str]:
    query = SearchQueryData(text=text, scope=("product", "contract"), size=FIRST)
    return [hit.fqn for hit in find(system_actor(), query).rows]


def test_the_right_product_is_among_the_first_ten(demo_catalogue):
    answers = {each["query"]: found(each["query"]) for each in QUERIES}
    missed = [
        f"{each['kind']}: {each['query']} → {answers[each['query']][:3]}"
        for each in QUERIES
        if each["expect"] not in answers[each["query"]]
    ]

    assert len(missed) <= (1 - LEAST) * len(QUERIES), missed


def test_an_exact_name_always_stands_first(demo_catalogue):
    exact = [each for each in QUERIES if each["kind"] == "exact"]

    first = {each["query"]: found(each["query"])[:1] for each in exact}

    assert first == {each["query"]: [each["expect"]] for each in exact}
