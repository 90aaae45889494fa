"""The whole life of a product in the warehouse."""

from __future__ import annotations

from uuid import uuid4

import psycopg

from provisioning.drivers.postgres import PostgresDriver
from tests.provisioning.drivers.snapshots import snapshot
from tests.provisioning.drivers.support import Product, column, in_days, table

OBJECTS = [table("orders", column("id", "integer", primary_key=True), "country")]
ROWS = {"orders": [{"id": 1, "country": "SE"}]}


def test_everything_can_be_planned_before_anything_is_there(
    driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    product, grant_id = Product(driver), uuid4()
    before = snapshot(catalog)

    planned = [
        effect
        for step in (
            product.step("schema"),
            product.step("tables", objects=OBJECTS),
            product.step("roles"),
            product.step("sample", rows=ROWS),
            product.step("grant", grant_id, schema=product.schema, tables=["orders"]),
        )
        for effect in driver.plan(step)
    ]

    assert {effect.change for effect in planned} == {"create"}
    assert [effect.kind for effect in planned] == [
        *("schema", "table", "role", "role", "role", "rows", "grant")
    ]
    assert snapshot(catalog) == before


def test_a_product_goes_as_it_came_even_before_its_grants(
    driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    product, grant_id = Product(driver), uuid4()
    access = {"schema": product.schema, "tables": ["orders"]}
    before = snapshot(catalog)

    product.ensure("schema")
    product.tables(*OBJECTS)
    product.ensure("roles")
    product.ensure("sample", rows=ROWS)
    product.ensure("grant", grant_id, **access)
    product.ensure("login", grant_id, schema=product.schema, holder="user:1", expires_at=in_days(1))
    assert snapshot(catalog) != before
    product.absent("sample", rows=ROWS)
    product.absent("roles")
    product.absent("tables", objects=OBJECTS)
    product.absent("schema")
    product.absent("grant", grant_id, **access)

    assert snapshot(catalog) == before
