"""Quality rules are really evaluated, read-only, and a team's query sees its own schema only."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from provisioning.drivers.postgres import PostgresDriver, measure_rows
from provisioning.drivers.postgres.measure import BUDGET_S
from provisioning.drivers.protocol import PermanentError, RuleResult
from tests.provisioning.drivers.support import Product, column, table

Written = Callable[[LiteralString], None]

ROWS = [
    {"id": 1, "email": "a@example.org", "country": "SE", "amount": 10, "lines": [1]},
    {"id": 2, "email": "a@example.org", "country": "se", "amount": 20, "lines": [1, 2]},
    {"id": 3, "email": None, "country": "N/A", "amount": None, "lines": []},
    {"id": 4, "email": "", "country": "NO", "amount": 40, "lines": None},
]


@pytest.fixture
def product(driver: PostgresDriver) -> Product:
    made = empty(driver)
    made.ensure("sample", rows={"orders": ROWS})
    return made


def empty(driver: PostgresDriver) -> Product:
    made = Product(driver)
    made.ensure("schema")
    made.tables(
        table(
            "orders",
            *(column("id", "integer", unique=True), "email", "country"),
            *(column("amount", "number"), column("lines", "array")),
            *(column("at", "timestamp"), column("day", "date"), "Order note"),
        ),
    )
    made.ensure("roles")
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
        (rule("invalidValues", "amount", arguments={"minimum": 10, "maximum": 20}), 1, False),
        (rule("invalidValues", "amount", arguments={"exclusiveMinimum": 10}), 1, False),
        (rule("invalidValues", "amount", arguments={"exclusiveMaximum": 40.5}), 0, True),
        (rule("invalidValues", "amount", arguments={"multipleOf": 20}), 1, False),
        (rule("invalidValues", "country", arguments={"minLength": 3}), 3, False),
        (rule("invalidValues", "country", arguments={"maxLength": 2}), 1, False),
        (rule("invalidValues", "email", arguments={"format": "email"}), 1, False),
        (rule("invalidValues", "lines", arguments={"minItems": 1, "maxItems": 1}), 2, False),
        (rule("nullValues", "Order note"), 4, False),
        (rule("duplicateValues", "email"), 1, False),
        (rule("duplicateValues", "email", unit="percent"), 25, False),
        (rule("duplicateValues", "Order note"), 0, True),  # no row has one
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


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (rule("nullValues", "nowhere"), "no column nowhere"),
        (rule("nullValues"), "names no column"),
        (rule("invalidValues", "country"), "validValues or a pattern"),
        (rule("invalidValues", "country", arguments={"pattern": "("}), "InvalidRegularExpression"),
        (rule("invalidValues", "country", arguments={"pattern": "(a{1,200}){1,200}b"}), "refused"),
        (rule("invalidValues", "country", arguments={"minimum": 1}), "has no bounds"),
        (rule("invalidValues", "amount", arguments={"minimum": "much"}), "“much” is none"),
        (rule("invalidValues", "day", arguments={"minimum": "soon"}), "refused"),
        (rule("invalidValues", "email", arguments={"minItems": 1}), "has no items"),
        (rule("invalidValues", "email", arguments={"multipleOf": 2}), "column of numbers"),
        (rule("invalidValues", "email", arguments={"format": "haiku"}), "“haiku” is not known"),
        (rule("invalidValues", "email", arguments={"validValues": "SE"}), "not a list"),
        (rule("age", "email", unit="seconds"), "no point in time"),
        (rule("expiredValues", "at", arguments={"keep": "a while"}), "refused"),
        (rule("rowCount", operator="mustBeBetween", threshold=3), "does not fit"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_says_why(
    given: dict[str, Any], why: str, product: Product
) -> None:
    result = measured(product, given)

    assert result.passed is None
    assert why in result.error


@pytest.mark.parametrize("sound", ["nullValues", "duplicateValues"])
def test_a_wrong_rule_does_not_cost_the_others_their_pass(sound: str, product: Product) -> None:
    wrong = rule("invalidValues", "country", id="w", arguments={"pattern": "("})

    found = product.measure("orders", rule(sound, "email"), wrong, rule("rowCount", id="n"))

    assert [result.passed for result in found.results] == [False, None, False]
    assert found.passes == (1 if sound == "nullValues" else 2)


@pytest.fixture
def written(product: Product, catalog: psycopg.Connection) -> Written:
    """Write rows into the product's table, as its pipeline would."""

    def write(text: LiteralString) -> None:
        place = sql.Identifier(product.schema, "orders")
        catalog.execute(sql.SQL(text).format(t=place))

    return write


@pytest.mark.parametrize(
    ("columns", "limit", "passed", "note"),
    [
        ("at", 3 * 3600, True, "The newest is 2 hours old."),
        ("at", 3600, False, "The newest is 2 hours old."),
        ("day", 0, True, "The newest is 0 minutes old."),  # a day is over at its end
    ],
)
def test_the_newest_value_has_an_age(
    columns: str, limit: int, passed: bool, note: str, product: Product, written: Written
) -> None:
    written(
        "INSERT INTO {t} (id, at, day) VALUES (9, now() - interval '2 hours',"
        " (now() AT TIME ZONE 'UTC')::date), (10, now() - interval '9 days', '2020-01-01')"
    )
    given = rule("age", columns, operator="mustBeLessOrEqualTo", threshold=limit, unit="seconds")

    result = measured(product, given)

    assert (result.passed, result.note, result.evaluated) == (passed, note, 6)


def test_without_a_value_nothing_is_fresh(product: Product) -> None:
    given = rule("age", "at", operator="mustBeLessOrEqualTo", threshold=9e9, unit="seconds")

    result = measured(product, given)

    assert (result.passed, result.value, result.note) == (False, None, "No row has a value.")


def test_rows_past_their_time_are_counted(product: Product, written: Written) -> None:
    written(
        "INSERT INTO {t} (id, at, day) VALUES (9, now() - interval '2 years', '2020-01-01'),"
        " (10, now(), (now() - interval '366 days')::date)"
    )
    keep = {"keep": "1 years"}

    found = product.measure(
        "orders",
        rule("expiredValues", "at", id="at", arguments=keep),
        rule("expiredValues", "day", id="day", arguments=keep),
    )

    assert [(each.failed, each.passed) for each in found.results] == [(1, False), (2, False)]


def test_rules_share_a_pass_and_an_index_answers_for_what_it_holds(
    driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    product = apart(empty, driver)
    place = sql.Identifier(product.schema, "orders")
    catalog.execute(
        sql.SQL("INSERT INTO {} (id, email) SELECT n, n / 2 FROM generate_series(0, 3) n").format(
            place
        )
    )
    rules = [
        *(rule("nullValues", name, id=f"n{name}") for name in ("id", "email", "country")),
        *(
            rule("invalidValues", "country", id=f"p{n}", arguments={"pattern": f"^.{{{n}}}$"})
            for n in range(50)
        ),
        rule("rowCount", id="rows", operator="mustBeGreaterThan"),
        rule("age", "at", id="age", unit="seconds"),
        rule("duplicateValues", "id", id="key"),  # a unique index of the table says it
        rule("duplicateValues", "email", id="one"),
        rule("duplicateValues", "email", "country", id="two"),
    ]

    before = scans_of(catalog, product, at_least=1)  # of making its index
    found = apart(product.measure, "orders", *rules)

    assert found.passes == 3
    assert [each.rule_id for each in found.results] == [each["id"] for each in rules]
    by_id = {each.rule_id: each for each in found.results}
    assert by_id["key"].note == "A unique index of the table guarantees it."
    assert (by_id["key"].evaluated, by_id["one"].failed, by_id["two"].failed) == (4, 2, 2)
    assert scans_of(catalog, product, at_least=before + 3) == before + 3


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do it in a session that ends with it: the server is told then what it read."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()


def scans_of(catalog: psycopg.Connection, product: Product, at_least: int) -> int:
    """How often the server read the table from end to end, once the sessions have told it."""
    query = "SELECT seq_scan FROM pg_stat_user_tables WHERE relid = to_regclass(%(t)s)"
    ends_at, found = time.monotonic() + 20, -1
    while found < at_least and time.monotonic() < ends_at:
        catalog.execute("SELECT pg_sleep(0.3)")
        row = catalog.execute(query, {"t": f"{product.schema}.orders"}).fetchone()
        found = int(row[0]) if row else 0
    return found


@pytest.mark.parametrize("analyzed", [True, False])
def test_of_a_huge_table_a_sample_is_looked_at_and_it_is_said(
    analyzed: bool, product: Product, written: Written
) -> None:
    written(
        "INSERT INTO {t} (id, email, country)"
        " SELECT n, CASE WHEN n % 10 = 0 THEN NULL ELSE 'x' END, 'SE'"
        " FROM generate_series(10, 200009) AS n"
    )
    if analyzed:
        written("ANALYZE {t}")
    rules = [
        rule("nullValues", "email", id="none"),
        rule("nullValues", "email", id="some", unit="percent", operator="mustBeLessThan",
             threshold=20),
        rule("rowCount", id="rows", operator="mustBeGreaterThan"),
        rule("duplicateValues", "country", id="twins", operator="mustBeLessThan", threshold=9),
    ]  # fmt: skip
    step = product.step("measure", table="orders", rules=rules)
    step.spec["sample"] = {"from": 50_000, "rows": 20_000}  # type: ignore[index]

    found = product.driver.measure(step)

    none, some, rows, twins = found.results
    assert none.evaluated is not None
    assert 5_000 < none.evaluated < 60_000
    assert none.note.startswith(f"A sample: {none.evaluated:,} of about ")
    assert none.passed is False
    assert none.failed == pytest.approx(none.evaluated / 10, rel=0.1)
    assert none.value == pytest.approx(20_000, rel=0.1)  # of all rows, not of the sample
    assert some.value == pytest.approx(10, abs=1)
    assert some.passed
    assert (rows.value, rows.evaluated, rows.note) == (200_004, 200_004, "")
    assert (twins.evaluated, twins.note) == (200_004, "")
    assert found.passes == 3


def test_a_pattern_without_end_stands_alone_and_ends(
    product: Product, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_ms = measure_rows.PASS_TIMEOUT_MS + measure_rows.RULE_TIMEOUT_MS
    assert both_ms < BUDGET_S * 1_000  # so it ends like this also with the real ones
    monkeypatch.setattr(measure_rows, "PASS_TIMEOUT_MS", 2_000)  # of all rules together
    monkeypatch.setattr(measure_rows, "RULE_TIMEOUT_MS", 1_000)
    written(
        "INSERT INTO {t} (id, country) SELECT 9, string_agg(md5(n::text), '')"
        " FROM generate_series(1, 100) AS n"
    )
    endless = {"pattern": r"(.+)(.+)(.+)\3\2\1"}

    found = product.measure(
        "orders",
        rule("invalidValues", "country", id="endless", arguments=endless),
        rule("nullValues", "email", id="fine"),
        rule("rowCount", id="rows", operator="mustBeGreaterThan"),
    )

    slow, *fine = found.results
    assert slow.passed is None
    assert slow.error == "It took longer than 1 s."
    assert [each.value for each in fine] == [2, 5]
    assert found.passes == 3


def test_a_column_is_found_by_its_name_in_the_contract(product: Product) -> None:
    result = measured(
        product, query("SELECT count(${column}) FROM ${table}", columns=["Order note"])
    )

    assert (result.passed, result.value) == (True, 0)


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


def test_a_table_that_is_not_there_is_said(product: Product) -> None:
    with pytest.raises(PermanentError, match="has no table nowhere"):
        product.measure("nowhere", rule("rowCount"))
