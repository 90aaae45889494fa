"""Tables follow the contract and never lose a value."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from provisioning.drivers.postgres import PostgresDriver
from provisioning.drivers.protocol import PermanentError
from tests.provisioning.drivers.snapshots import snapshot
from tests.provisioning.drivers.support import Product, column, table

HOSTILE = [
    '"; drop schema public cascade; --',
    "x" * 200,
    "оrders",  # Cyrillic о
    "pg_catalog",
    "select",
    "ctid",
    "1st",
    "😀",
    "\u202eabc",
    "a\0b",
    "Order ID",
    "order_id",
    "order-id",
    "%s",
    "{}",
    "[meshport {}]",
]


@pytest.fixture
def product(driver: PostgresDriver) -> Product:
    made = Product(driver)
    made.ensure("schema")
    return made


def columns_of(catalog: psycopg.Connection, product: Product, name: str) -> dict[str, str]:
    found = catalog.execute(
        "SELECT attname, format_type(atttypid, atttypmod) || CASE WHEN attnotnull"
        " THEN ' not null' ELSE '' END FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [f'{product.schema}."{name}"'],
    )
    return dict(found.fetchall())


def insert(catalog: psycopg.Connection, product: Product, name: str, *values: object) -> None:
    target = sql.Identifier(product.schema, name)
    places = sql.SQL(", ").join(sql.Literal(value) for value in values)
    catalog.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(target, places))


def test_types_come_from_the_logical_type_unless_the_physical_one_is_known(
    product: Product, catalog: psycopg.Connection
) -> None:
    product.tables(
        table(
            "orders",
            column("id", "integer", primary_key=True),
            column("price", "number", physical_type="decimal(10, 2)"),
            column("at", "timestamp", required=True),
            column("items", "array"),
            column("code", "string", physical_type="VARCHAR(8)"),
            column("odd", "string", physical_type="text); drop table x; --"),
            column("new", "vector"),
        )
    )

    assert columns_of(catalog, product, "orders") == {
        "id": "bigint not null",
        "price": "numeric(10,2)",
        "at": "timestamp with time zone not null",
        "items": "jsonb",
        "code": "character varying(8)",
        "odd": "text",
        "new": "text",
    }


def test_hostile_names_become_safe_and_stay_the_same(
    product: Product, catalog: psycopg.Connection
) -> None:
    objects = [table(name, *HOSTILE) for name in HOSTILE]

    first = product.tables(*objects)
    names = snapshot(catalog)["columns"]
    second = product.tables(*reversed(objects))

    assert first.attributes["tables"].keys() == set(HOSTILE)
    assert first.attributes["tables"] == second.attributes["tables"]
    assert [row[:4] for row in snapshot(catalog)["columns"]] == [row[:4] for row in names]
    for made in first.attributes["tables"].values():
        assert len(set(made["columns"].values())) == len(HOSTILE)
    assert catalog.execute("SELECT to_regnamespace('public')").fetchone() != (None,)


@pytest.mark.parametrize("slug", HOSTILE)
def test_hostile_slugs_give_a_schema_of_our_own(
    slug: str, driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    product = Product(driver, slug=slug)
    before = snapshot(catalog)

    schema = product.ensure("schema").attributes["schema"]
    product.ensure("roles")

    assert schema.startswith("dp_")
    assert len(f"{schema}_r") <= 63
    product.absent("roles")
    product.absent("schema")
    assert snapshot(catalog) == before


def test_a_new_property_becomes_a_column_and_old_names_stay(
    product: Product, catalog: psycopg.Connection
) -> None:
    product.tables(table("orders", "Order ID"))
    insert(catalog, product, "orders", "7")

    again = product.tables(table("orders", "order_id", "Order ID", column("new", required=True)))

    columns = again.attributes["tables"]["orders"]["columns"]
    assert columns["Order ID"] == "order_id"
    assert columns["order_id"].startswith("order_id_")
    assert columns["new"] == "new"
    assert "stays optional" in again.attributes["warnings"][0]


def test_a_column_the_contract_drops_keeps_its_values_but_may_be_empty(
    product: Product, catalog: psycopg.Connection
) -> None:
    product.tables(table("orders", column("old", required=True)), table("gone", "a"))
    insert(catalog, product, "orders", "kept")

    again = product.tables(table("orders", "new"))

    assert columns_of(catalog, product, "orders") == {"old": "text", "new": "text"}
    assert "gone is not in the contract any more" in again.attributes["warnings"][0]


def test_a_wider_type_keeps_the_values(product: Product, catalog: psycopg.Connection) -> None:
    product.tables(table("orders", column("n", "integer", physical_type="smallint")))
    insert(catalog, product, "orders", 7)

    product.tables(table("orders", column("n", "number")))

    assert columns_of(catalog, product, "orders") == {"n": "numeric"}


def test_a_type_that_would_lose_values_is_refused_and_nothing_changes(
    product: Product, catalog: psycopg.Connection
) -> None:
    product.tables(table("orders", "n"))
    insert(catalog, product, "orders", "seven")
    before = snapshot(catalog)

    with pytest.raises(PermanentError, match=r"orders\.n is text and holds data"):
        product.tables(table("more", "x"), table("orders", column("n", "integer")))

    assert snapshot(catalog) == before


def test_an_empty_table_takes_any_type(product: Product, catalog: psycopg.Connection) -> None:
    product.tables(table("orders", "n"))

    product.tables(table("orders", column("n", "integer")))

    assert columns_of(catalog, product, "orders") == {"n": "bigint"}


def test_a_foreign_schema_of_our_name_is_left_alone(
    driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    product = Product(driver)
    catalog.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(product.schema)))
    before = snapshot(catalog)

    with pytest.raises(PermanentError, match="in the way"):
        product.ensure("schema")
    product.absent("schema")

    assert snapshot(catalog) == before


def test_a_schema_with_foreign_tables_is_not_dropped(
    product: Product, catalog: psycopg.Connection
) -> None:
    catalog.execute(
        sql.SQL("CREATE TABLE {} (a int)").format(sql.Identifier(product.schema, "theirs"))
    )
    before = snapshot(catalog)

    with pytest.raises(PermanentError, match="depend"):
        product.absent("schema")

    assert snapshot(catalog) == before


def test_sample_rows_do_not_touch_a_table_that_has_rows(
    product: Product, catalog: psycopg.Connection
) -> None:
    product.tables(table("orders", "a"))
    insert(catalog, product, "orders", "theirs")

    done = product.ensure("sample", rows={"orders": [{"a": "ours"}]})
    assert done.attributes["loaded"] == {}
    assert product.driver.observe(product.step("sample", rows={})).exists
    product.absent("sample", rows={"orders": [{"a": "ours"}]})

    found = catalog.execute(
        sql.SQL("SELECT a FROM {}").format(sql.Identifier(product.schema, "orders"))
    )
    assert found.fetchall() == [("theirs",)]


def test_a_sample_that_does_not_fit_is_refused_without_showing_a_value(
    product: Product, catalog: psycopg.Connection
) -> None:
    product.tables(table("orders", column("n", "integer")))
    before = snapshot(catalog)

    with pytest.raises(PermanentError) as refused:
        product.ensure("sample", rows={"orders": [{"n": "canary-4711"}]})

    assert "canary" not in str(refused.value)
    assert snapshot(catalog) == before
