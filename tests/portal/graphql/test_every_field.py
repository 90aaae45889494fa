"""Every root field called as the schema allows, by schemathesis: no failure, no stray answer.

`test_any_query.py` asks fewer fields, but deeply and for things that are there: a generator that
knows nothing of the company mostly names what does not exist. This one leaves no field out.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.db import transaction
from django.test import override_settings
from graphql import introspection_from_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.graphql import nodes, scalar

from core.positions import number_events
from portal.graphql.schema import schema
from tests.portal.company import Company, make_company
from tests.portal.graphql.test_any_query import faults

pytestmark = pytest.mark.django_db

LEAST, NIGHTLY = 500, 10_000  # calls
scalar("DateTime", st.datetimes().map(lambda each: nodes.String(each.isoformat())))
scalar("Date", st.dates().map(lambda each: nodes.String(each.isoformat())))
scalar("BigInt", st.integers(-(2**70), 2**70).map(nodes.Int))
scalar("JSON", st.one_of(st.text().map(nodes.String), st.integers().map(nodes.Int)))
SCHEMA = schemathesis.graphql.from_dict(introspection_from_schema(schema.graphql_schema))


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    return made


@override_settings(GRAPHQL_BUDGET=10**12)
def test_every_field_is_answered_as_the_schema_says(company):
    assert asked(company, each=5, derandomize=True) >= LEAST


@pytest.mark.nightly
@override_settings(GRAPHQL_BUDGET=10**12)
def test_ten_thousand_calls(company):
    assert asked(company, each=100, derandomize=False) >= NIGHTLY


def asked(company: Company, *, each: int, derandomize: bool) -> int:
    """Call every field up to `each` times as an administrator; returns how many calls were made."""
    client = company.client("admin")
    made: list[str] = []
    wrong: list[tuple[str, str]] = []

    def send(body: dict[str, Any]) -> Any:
        with transaction.atomic():
            answer = client.post("/graphql/", data=body, content_type="application/json")
            transaction.set_rollback(True)
        return answer

    for result in SCHEMA.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=each,
            derandomize=derandomize,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def call(case: Any) -> None:
            body = {"query": case.body, "variables": {}}
            made.append(case.body)
            wrong.extend((case.body, each) for each in faults(body, send(body)))

        call()
    assert wrong == []
    return len(made)
