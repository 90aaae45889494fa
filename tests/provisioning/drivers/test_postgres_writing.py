"""A grant that writes: rows of its tables, and nothing else."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql

from provisioning.drivers.postgres import PostgresDriver, naming
from provisioning.drivers.protocol import Change, Observed, PermanentError
from tests.provisioning.drivers.support import Product, in_days, table
from tests.provisioning.drivers.test_postgres_access import connect

ROWS = {"orders": [{"id": "1"}, {"id": "2"}], "secrets": [{"id": "x"}]}


@pytest.fixture
def product(driver: PostgresDriver) -> Product:
    made = Product(driver)
    made.ensure("schema")
    made.tables(table("orders", "id"), table("secrets", "id"))
    made.ensure("roles")
    made.ensure("sample", rows=ROWS)
    return made


def spec_of(product: Product, **more: object) -> dict[str, object]:
    return {"schema": product.schema, "tables": ["orders"], "mode": "write", **more}


def login(product: Product, grant_id: UUID, **more: object) -> Observed:
    given = {"schema": product.schema, "holder": "user:1", "expires_at": in_days(30), **more}
    return product.ensure("login", grant_id, **given)


def change_of(product: Product, grant_id: UUID, **more: object) -> Change:
    (effect,) = product.driver.plan(product.step("grant", grant_id, **spec_of(product, **more)))
    return effect.change


def test_a_login_that_writes_changes_rows(product: Product, warehouse_url: str) -> None:
    grant_id = uuid4()
    product.ensure("grant", grant_id, **spec_of(product))

    with connect(warehouse_url, login(product, grant_id, mode="write")) as writer:
        writer.execute("INSERT INTO orders VALUES ('3')")
        writer.execute("UPDATE orders SET id = '4' WHERE id = '1'")
        writer.execute("DELETE FROM orders WHERE id = '2'")
        assert writer.execute("SELECT id FROM orders ORDER BY 1").fetchall() == [("3",), ("4",)]
    assert change_of(product, grant_id) == Change.KEEP


FORBIDDEN = (
    "TRUNCATE orders",
    "DROP TABLE orders",
    "ALTER TABLE orders ADD COLUMN more text",
    "ALTER TABLE orders OWNER TO CURRENT_USER",
    "CREATE TABLE mine ()",
    "CREATE TABLE public.mine ()",
    "CREATE TEMPORARY TABLE mine ()",
    "CREATE INDEX ON orders (id)",
    "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE RULE r AS ON INSERT TO orders DO INSTEAD NOTHING",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "COMMENT ON TABLE orders IS 'mine'",
    "INSERT INTO secrets VALUES ('3')",
    "UPDATE secrets SET id = '3'",
    "DELETE FROM secrets",
    "SELECT * FROM secrets",
    "INSERT INTO meshport.portal_fence VALUES ('x', 1)",
    "DROP SCHEMA {schema} CASCADE",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_login_that_writes_does_nothing_else(
    statement: str, product: Product, warehouse_url: str
) -> None:
    grant_id = uuid4()
    product.ensure("grant", grant_id, **spec_of(product))

    with connect(warehouse_url, login(product, grant_id, mode="write")) as writer:
        with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFunction)):
            writer.execute(statement.format(schema=product.schema))
        assert writer.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_a_login_that_writes_passes_nothing_on(
    product: Product, warehouse_url: str, catalog: psycopg.Connection
) -> None:
    grant_id = uuid4()
    product.ensure("grant", grant_id, **spec_of(product))

    with connect(warehouse_url, login(product, grant_id, mode="write")) as writer:
        writer.execute("GRANT SELECT, INSERT ON orders TO PUBLIC")  # a warning, and no right

    found = "SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = 0"
    where = " AND c.relnamespace = to_regnamespace(%s)"
    assert catalog.execute(found + where, [product.schema]).fetchone() == (0,)


def test_a_login_that_reads_writes_nothing_whatever_it_sets(
    product: Product, warehouse_url: str
) -> None:
    grant_id = uuid4()
    product.ensure("grant", grant_id, **spec_of(product, mode="read"))

    with connect(warehouse_url, login(product, grant_id)) as reader:
        reader.execute("SET default_transaction_read_only = off")
        for statement in (
            "INSERT INTO orders VALUES ('3')",
            "UPDATE orders SET id = '3'",
            "DELETE FROM orders",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(statement)


MEDDLING = {
    "a right is missing": "REVOKE DELETE ON {t} FROM {r}",
    "one too many": "GRANT TRUNCATE ON {t} TO {r}",
    "to give on": "GRANT SELECT ON {t} TO {r} WITH GRANT OPTION",
    "on a column": "GRANT REFERENCES (id) ON {t} TO {r}",
    "on another table": "GRANT INSERT ON {o} TO {r}",
    "on the schema": "GRANT CREATE ON SCHEMA {s} TO {r}",
    "no entry": "REVOKE USAGE ON SCHEMA {s} FROM {r}",
}


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize("meddling", MEDDLING.values(), ids=MEDDLING.keys())
def test_rights_that_somebody_changed_are_found_and_mended(
    meddling: str, mode: str, product: Product, catalog: psycopg.Connection
) -> None:
    grant_id = uuid4()
    product.ensure("grant", grant_id, **spec_of(product, mode=mode))
    if mode == "read":
        meddling = meddling.replace("DELETE", "SELECT")
    names = {
        "t": sql.Identifier(product.schema, "orders"),
        "o": sql.Identifier(product.schema, "secrets"),
        "s": sql.Identifier(product.schema),
        "r": sql.Identifier(naming.grant_role(grant_id)),
    }
    catalog.execute(sql.SQL(meddling).format(**names))

    assert change_of(product, grant_id, mode=mode) == Change.UPDATE
    product.ensure("grant", grant_id, **spec_of(product, mode=mode))
    assert change_of(product, grant_id, mode=mode) == Change.KEEP


def test_who_writes_has_all_of_a_table_and_no_view(
    product: Product, catalog: psycopg.Connection
) -> None:
    narrow = {"orders": {"columns": ["id"]}}
    with pytest.raises(PermanentError, match="leave columns and rows out"):
        product.ensure("grant", uuid4(), **spec_of(product, narrow=narrow))
    view = sql.Identifier(product.schema, "seen")
    orders = sql.Identifier(product.schema, "orders")
    catalog.execute(sql.SQL("CREATE VIEW {} AS SELECT * FROM {}").format(view, orders))
    grant_id = uuid4()

    with pytest.raises(PermanentError, match="seen is a view"):
        product.ensure("grant", grant_id, **spec_of(product, tables=["seen"]))

    role = naming.grant_role(grant_id)
    assert catalog.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall() == []


def test_a_writer_is_not_held_back_by_a_readers_filter(
    product: Product, warehouse_url: str
) -> None:
    reader, writer = uuid4(), uuid4()
    narrow = {"orders": {"rows": [{"column": "id", "operator": "equals", "values": ["1"]}]}}
    product.ensure("grant", reader, **spec_of(product, mode="read", narrow=narrow))
    product.ensure("grant", writer, **spec_of(product))

    with connect(warehouse_url, login(product, writer, mode="write")) as conn:
        conn.execute("INSERT INTO orders VALUES ('3')")
        conn.execute("UPDATE orders SET id = '9' WHERE id = '2'")
        assert conn.execute("SELECT count(*) FROM orders").fetchone() == (3,)
    with connect(warehouse_url, login(product, reader)) as conn:
        assert conn.execute("SELECT id FROM orders").fetchall() == [("1",)]


def test_after_the_end_a_writer_has_nothing(product: Product, warehouse_url: str) -> None:
    grant_id = uuid4()
    product.ensure("grant", grant_id, **spec_of(product))
    access = login(product, grant_id, mode="write")
    session = connect(warehouse_url, access)

    product.absent("grant", grant_id, **spec_of(product))

    with pytest.raises(psycopg.Error):
        session.execute("INSERT INTO orders VALUES ('3')")
    with pytest.raises(psycopg.OperationalError):
        connect(warehouse_url, access)
