"""Quality rules are really evaluated, read-only, and a team's query sees its own schema only."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from provisioning.drivers.postgres import PostgresDriver
from provisioning.drivers.protocol import PermanentError, RuleResult
from tests.provisioning.drivers.snapshots import snapshot
from tests.provisioning.drivers.support import Product, column, table

ROWS = [
    {"id": 1, "email": "a@example.org", "country": "SE", "amount": 10},
    {"id": 2, "email": "a@example.org", "country": "se", "amount": 20},
    {"id": 3, "email": None, "country": "N/A", "amount": None},
    {"id": 4, "email": "", "country": "NO", "amount": 40},
]


@pytest.fixture
def product(driver: PostgresDriver) -> Product:
    made = Product(driver)
    made.ensure("schema")
    made.tables(
        table("orders", column("id", "integer"), "email", "country", column("amount", "number")),
    )
    made.ensure("roles")
    made.ensure("sample", rows={"orders": ROWS})
    return made


def rule(metric: str, *columns: str, **more: Any) -> dict[str, Any]:
    defaults = {"operator": "mustBe", "threshold": 0}
    return {"id": "r", "metric": metric, "columns": list(columns), **defaults, **more}


def query(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "q", "query": text, "operator": "mustBe", "threshold": 0, **more}


def measured(product: Product, given: dict[str, Any]) -> RuleResult:
    return product.measure("orders", given).results[0]


@pytest.mark.parametrize(
    ("given", "value", "passed"),
    [
        (rule("nullValues", "email"), 1, False),
        (rule("nullValues", "email", unit="percent"), 25, False),
        (rule("nullValues", "id"), 0, True),
        (rule("missingValues", "email"), 2, False),
        (rule("missingValues", "country", arguments={"missingValues": ["N/A"]}), 1, False),
        (rule("invalidValues", "country", arguments={"validValues": ["SE", "NO"]}), 2, False),
        (rule("invalidValues", "country", arguments={"pattern": "^[A-Z]{2}$"}), 2, False),
        (rule("invalidValues", "amount", arguments={"validValues": [10, 20, 40]}), 0, True),
        (rule("duplicateValues", "email"), 1, False),
        (rule("duplicateValues", "id", "email"), 0, True),
        (rule("rowCount", operator="mustBeBetween", threshold=[1, 4]), 4, True),
        (rule("rowCount", operator="mustBeGreaterThan", threshold=4), 4, False),
        (query("SELECT count(*) FROM ${table} WHERE ${column} > 15", columns=["amount"]), 2, False),
        (
            query("SELECT avg(amount) FROM orders;", operator="mustBeLessThan", threshold=24),
            70 / 3,
            True,
        ),
    ],
)
def test_a_rule_gives_its_value(
    given: dict[str, Any], value: float, passed: bool, product: Product
) -> None:
    result = measured(product, given)

    assert result.error == ""
    assert result.value == pytest.approx(value)
    assert result.passed is passed


def test_many_rules_keep_their_order_and_a_broken_one_stands_alone(product: Product) -> None:
    given = [
        rule("nullValues", "email", id="a"),
        rule("nullValues", "nowhere", id="b"),
        rule("invalidValues", "country", id="c", arguments={"pattern": "("}),
        query("SELECT 0 FROM nothing", id="d"),
        rule("rowCount", id="e", operator="mustBeBetween", threshold=3),
        query("SELECT 0", id="f"),
    ]

    found = product.measure("orders", *given)

    assert [result.rule_id for result in found.results] == list("abcdef")
    assert [result.passed for result in found.results] == [False, None, None, None, None, True]
    assert all(result.error for result in found.results if result.passed is None)
    assert found.row_count == 4


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 0; DROP TABLE ${table}",
        "DROP TABLE ${table}",
        "INSERT INTO ${table} (id) VALUES (9) RETURNING 0",
        "RESET ROLE",
        "SELECT count(*) FROM meshport.portal_fence",
        (
            "SELECT length(set_config('role', 'none', true)"
            " || query_to_xml('TABLE meshport.portal_fence', true, true, '')::text)"
        ),
        "SELECT length(set_config('role', '{admin}', false))",
        "SELECT count(*) FROM {other}.orders",
        "SELECT 'text'",
        "SELECT 0 WHERE false",
    ],
)
def test_a_query_cannot_leave_its_schema_or_change_anything(
    text: str, product: Product, driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    other = Product(driver)
    other.ensure("schema")
    other.tables(table("orders", "id"))
    before = snapshot(catalog)

    asked = text.replace("{admin}", catalog.info.user).replace("{other}", other.schema)
    result = measured(product, query(asked))

    assert result.passed is None
    assert result.error
    assert snapshot(catalog) == before


def test_a_table_that_is_not_there_is_said(product: Product) -> None:
    with pytest.raises(PermanentError, match="has no table nowhere"):
        product.measure("nowhere", rule("rowCount"))
