"""A grant may give some columns and some rows; nobody else notices."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql

from provisioning.drivers.postgres import PostgresDriver, naming
from provisioning.drivers.postgres.narrowing import OPERATORS
from provisioning.drivers.protocol import Change, Observed, PermanentError
from tests.provisioning.drivers.snapshots import snapshot
from tests.provisioning.drivers.support import Product, column, table
from tests.provisioning.drivers.test_postgres_access import connect, login

ROWS: dict[str, list[dict[str, Any]]] = {
    "orders": [
        {"id": "1", "country": "DE", "amount": 10, "mail": "a@x"},
        {"id": "2", "country": "DE", "amount": 20, "mail": "b@x"},
        {"id": "3", "country": "FR", "amount": 30, "mail": "c@x"},
        {"id": "4", "country": None, "amount": 40, "mail": "d@x"},
    ],
    "stores": [{"id": "9"}],
}
GERMANY = [{"column": "country", "operator": "equals", "values": ["DE"]}]


@pytest.fixture
def product(driver: PostgresDriver) -> Product:
    made = Product(driver)
    made.ensure("schema")
    orders = table("orders", "id", "country", column("amount", "integer"), "mail")
    made.tables(orders, table("stores", "id"))
    made.ensure("roles")
    made.ensure("sample", rows=ROWS)
    return made


def spec(product: Product, **narrow: Any) -> dict[str, Any]:
    return {"schema": product.schema, "tables": ["orders", "stores"], "narrow": narrow}


def grant(product: Product, grant_id: UUID, **narrow: Any) -> Observed:
    return product.ensure("grant", grant_id, **spec(product, **narrow))


def ids(consumer: psycopg.Connection) -> list[str]:
    return [row[0] for row in consumer.execute("SELECT id FROM orders ORDER BY id").fetchall()]


def test_a_reader_of_some_columns_reads_no_other(product: Product, warehouse_url: str) -> None:
    grant_id = uuid4()
    grant(product, grant_id, orders={"columns": ["id", "amount"]})

    with connect(warehouse_url, login(product, grant_id)) as consumer:
        assert consumer.execute("SELECT id, amount FROM orders ORDER BY id").fetchone() == ("1", 10)
        assert consumer.execute("SELECT * FROM stores").fetchone() == ("9",)
        for forbidden in ("SELECT mail FROM orders", "SELECT * FROM orders"):
            with pytest.raises(errors.InsufficientPrivilege):
                consumer.execute(forbidden)


def test_a_reader_of_some_rows_sees_no_other_and_everybody_else_sees_all(
    product: Product, warehouse_url: str, catalog: psycopg.Connection
) -> None:
    narrow, whole = uuid4(), uuid4()
    grant(product, narrow, orders={"rows": GERMANY})
    grant(product, whole)

    with connect(warehouse_url, login(product, narrow)) as consumer:
        assert ids(consumer) == ["1", "2"]
        assert consumer.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    with connect(warehouse_url, login(product, whole)) as consumer:
        assert ids(consumer) == ["1", "2", "3", "4"]
    count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(product.schema, "orders"))
    with catalog.transaction():
        catalog.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(f"{product.schema}_r")))
        assert catalog.execute(count).fetchone() == (4,)


@pytest.mark.parametrize(
    ("operator", "name", "values", "kept"),
    [
        ("equals", "country", ["FR"], ["3"]),
        ("not-equals", "country", ["DE"], ["3"]),
        ("in", "country", ["DE", "FR"], ["1", "2", "3"]),
        ("not-in", "country", ["FR", "IT"], ["1", "2"]),
        ("less", "amount", [20], ["1"]),
        ("at-most", "amount", [20], ["1", "2"]),
        ("greater", "amount", [30], ["4"]),
        ("at-least", "amount", ["30"], ["3", "4"]),
        ("is-null", "country", [], ["4"]),
        ("is-not-null", "country", [], ["1", "2", "3"]),
    ],
)
def test_each_operator(product, warehouse_url, operator, name, values, kept) -> None:
    grant_id = uuid4()
    condition = {"column": name, "operator": operator, "values": values}
    grant(product, grant_id, orders={"rows": [condition]})

    with connect(warehouse_url, login(product, grant_id)) as consumer:
        assert ids(consumer) == kept


def test_every_operator_is_tried_above() -> None:
    cases = test_each_operator.pytestmark[0].args[1]
    assert {case[0] for case in cases} == set(OPERATORS)


def test_all_conditions_hold_together_with_the_columns(product, warehouse_url) -> None:
    grant_id = uuid4()
    more = [*GERMANY, {"column": "amount", "operator": "greater", "values": [10]}]
    grant(product, grant_id, orders={"columns": ["id"], "rows": more})

    with connect(warehouse_url, login(product, grant_id)) as consumer:
        assert ids(consumer) == ["2"]


@pytest.mark.parametrize("value", ["'); DROP TABLE orders; --", "x' OR '1'='1", "\\", "%s {x}"])
def test_a_value_is_never_sql(product: Product, warehouse_url: str, value: str) -> None:
    grant_id = uuid4()
    condition = {"column": "country", "operator": "in", "values": [value, "FR"]}
    grant(product, grant_id, orders={"rows": [condition]})

    with connect(warehouse_url, login(product, grant_id)) as consumer:
        assert ids(consumer) == ["3"]


def test_a_filter_that_changes_holds_at_once_and_the_same_again_changes_nothing(
    product: Product, warehouse_url: str
) -> None:
    grant_id = uuid4()
    grant(product, grant_id, orders={"columns": ["id"], "rows": GERMANY})
    same = grant(product, grant_id, orders={"columns": ["id"], "rows": GERMANY})
    assert same.effects[0].attributes["change"] == Change.KEEP

    with connect(warehouse_url, login(product, grant_id)) as consumer:
        france = {"column": "country", "operator": "equals", "values": ["FR"]}
        grant(product, grant_id, orders={"columns": ["id", "mail"], "rows": [france]})
        assert consumer.execute("SELECT id, mail FROM orders").fetchall() == [("3", "c@x")]
        grant(product, grant_id)
        assert consumer.execute("SELECT count(mail) FROM orders").fetchone() == (4,)


def test_a_revoke_leaves_the_tables_as_they_were(
    product: Product, catalog: psycopg.Connection
) -> None:
    before = (snapshot(catalog), policies(catalog, product))
    first, second = uuid4(), uuid4()
    grant(product, first, orders={"columns": ["id"], "rows": GERMANY})
    grant(product, second, orders={"rows": GERMANY})

    product.absent("grant", first, **spec(product))
    assert len(policies(catalog, product)) == 2  # everybody's and the second's
    product.absent("grant", second, **spec(product))

    assert (snapshot(catalog), policies(catalog, product)) == before
    secured = "SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(%s)"
    assert catalog.execute(secured, [f"{product.schema}.orders"]).fetchone() == (False,)


@pytest.mark.parametrize(
    "behind_our_back",
    [
        "DROP POLICY {role} ON {orders}",
        "ALTER POLICY {role} ON {orders} USING (true)",
        "ALTER TABLE {orders} DISABLE ROW LEVEL SECURITY",
        "GRANT SELECT ON {orders} TO {role}",
        "GRANT SELECT (mail) ON {orders} TO {role}",
        "REVOKE SELECT (id) ON {orders} FROM {role}",
    ],
)
def test_what_is_changed_behind_our_back_is_found_and_mended(
    product: Product, warehouse_url: str, catalog: psycopg.Connection, behind_our_back: str
) -> None:
    grant_id = uuid4()
    narrow = {"orders": {"columns": ["id"], "rows": GERMANY}}
    grant(product, grant_id, **narrow)
    access = login(product, grant_id)
    assert planned(product, grant_id, narrow) == Change.KEEP

    catalog.execute(
        sql.SQL(behind_our_back).format(
            role=sql.Identifier(naming.grant_role(grant_id)),
            orders=sql.Identifier(product.schema, "orders"),
        )
    )
    assert planned(product, grant_id, narrow) == Change.UPDATE
    grant(product, grant_id, **narrow)

    assert planned(product, grant_id, narrow) == Change.KEEP
    with connect(warehouse_url, access) as consumer:
        assert ids(consumer) == ["1", "2"]
        with pytest.raises(errors.InsufficientPrivilege):
            consumer.execute("SELECT mail FROM orders")


@pytest.mark.parametrize(
    ("narrow", "words"),
    [
        ({"orders": {"columns": ["nothing"]}}, "A column of the grant is not there"),
        (
            {"orders": {"rows": [{"column": "nothing", "operator": "is-null"}]}},
            "names no column of orders",
        ),
        (
            {"orders": {"rows": [{"column": "amount", "operator": "equals", "values": ["x"]}]}},
            "does not fit its column",
        ),
        (
            {"orders": {"rows": [{"column": "amount", "operator": "equals", "values": [1, 2]}]}},
            "number of values",
        ),
        ({"nowhere": {"columns": ["id"]}}, "not granted"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    product: Product, catalog: psycopg.Connection, narrow: dict[str, Any], words: str
) -> None:
    before = (snapshot(catalog), policies(catalog, product))

    with pytest.raises(PermanentError, match=words):
        grant(product, uuid4(), **narrow)

    assert (snapshot(catalog), policies(catalog, product)) == before


def test_the_rows_of_a_view_cannot_be_filtered(
    product: Product, catalog: psycopg.Connection
) -> None:
    where = sql.Identifier(product.schema, "seen")
    catalog.execute(
        sql.SQL("CREATE VIEW {} AS SELECT id FROM {}").format(
            where, sql.Identifier(product.schema, "orders")
        )
    )
    rule = {"rows": [{"column": "id", "operator": "equals", "values": ["1"]}]}

    with pytest.raises(PermanentError, match="is a view"):
        product.ensure(
            "grant", uuid4(), schema=product.schema, tables=["seen"], narrow={"seen": rule}
        )


def planned(product: Product, grant_id: UUID, narrow: dict[str, Any]) -> Change:
    step = product.step("grant", grant_id, **spec(product, **narrow))
    (effect,) = product.driver.plan(step)
    return effect.change


def policies(catalog: psycopg.Connection, product: Product) -> list[tuple[str, ...]]:
    found = "SELECT polname FROM pg_policy WHERE polrelid::regclass::text LIKE %s ORDER BY 1"
    return catalog.execute(found, [f"{product.schema}.%"]).fetchall()
