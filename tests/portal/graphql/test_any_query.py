"""Whatever is asked: no failure of ours, no answer outside the schema."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from core.positions import number_events
from tests.portal.company import Company, make_company
from tests.portal.graphql.authoring import Author, strays

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    return made


@override_settings(GRAPHQL_BUDGET=10**12)
def test_five_hundred_queries_at_random(company):
    assert_sound(company, range(500))


@pytest.mark.nightly
@override_settings(GRAPHQL_BUDGET=10**12)
def test_ten_thousand_queries_at_random(company):
    assert_sound(company, range(1000, 11_000))


def assert_sound(company: Company, seeds: range) -> None:
    client = company.client("admin")
    answered, wrong = 0, []
    for seed in seeds:
        body = Author(seed).body()
        with transaction.atomic():
            response = client.post("/graphql/", data=body, content_type="application/json")
            transaction.set_rollback(True)
        answered += response.status_code == 200
        found = faults(body, response)
        wrong += [(seed, body["query"][:500], found)] if found else []

    assert wrong == []
    assert answered > len(seeds) / 3  # the others are refused as they should be


def faults(body: dict[str, Any], response: Any) -> list[str]:
    if response.status_code not in {200, 400}:
        return [f"{response.status_code} {response.content[:300]!r}"]
    answer = response.json()
    found = [
        str(each)
        for each in answer.get("errors", [])
        if each["extensions"]["code"] in {"internal", "domain-error"}
    ]
    if response.status_code == 400:
        return found if answer["errors"] else ["400 without an error"]
    return found + (strays(body, answer["data"]) if answer["data"] else [])
