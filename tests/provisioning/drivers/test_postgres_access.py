"""A grant opens exactly its tables to its logins, and a revoke closes everything at once."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from provisioning.drivers.postgres import PostgresDriver
from provisioning.drivers.protocol import Observed, PermanentError
from tests.provisioning.drivers.snapshots import snapshot
from tests.provisioning.drivers.support import Product, in_days, table

ROWS = {"orders": [{"id": "1"}, {"id": "2"}], "secrets": [{"id": "x"}]}


@pytest.fixture
def product(driver: PostgresDriver) -> Product:
    made = Product(driver)
    made.ensure("schema")
    made.tables(table("orders", "id"), table("secrets", "id"))
    made.ensure("roles")
    made.ensure("sample", rows=ROWS)
    return made


def grant(product: Product, grant_id: UUID, *tables: str) -> Observed:
    return product.ensure("grant", grant_id, schema=product.schema, tables=list(tables))


def login(product: Product, grant_id: UUID, holder: str = "user:1", days: int = 30) -> Observed:
    return product.ensure(
        "login", grant_id, schema=product.schema, holder=holder, expires_at=in_days(days)
    )


def connect(warehouse_url: str, access: Observed) -> psycopg.Connection:
    return psycopg.connect(
        warehouse_url,
        user=access.secrets["username"],
        password=access.secrets["password"],
        autocommit=True,
    )


def test_a_login_reads_its_tables_and_nothing_else(product: Product, warehouse_url: str) -> None:
    grant_id = uuid4()
    grant(product, grant_id, "orders")

    with connect(warehouse_url, login(product, grant_id)) as consumer:
        assert consumer.execute("SELECT count(*) FROM orders").fetchone() == (2,)
        for forbidden in (
            "SELECT * FROM secrets",
            "SET default_transaction_read_only = off; INSERT INTO orders VALUES ('3')",
            "CREATE TABLE mine ()",
            "CREATE TEMPORARY TABLE mine ()",
            "CREATE TABLE public.mine ()",
            "SELECT * FROM meshport.portal_fence",
        ):
            with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
                consumer.execute(forbidden)


def test_a_revoke_ends_sessions_and_leaves_nothing(
    product: Product, warehouse_url: str, catalog: psycopg.Connection
) -> None:
    before = snapshot(catalog)
    grant_id = uuid4()
    grant(product, grant_id, "orders")
    first, second = (login(product, grant_id, holder) for holder in ("user:1", "user:2"))
    assert first.secrets["username"] != second.secrets["username"]

    with connect(warehouse_url, first) as consumer:
        consumer.execute("SELECT 1")
        gone = product.absent("grant", grant_id, schema=product.schema, tables=["orders"])
        with pytest.raises(psycopg.OperationalError):
            consumer.execute("SELECT * FROM orders")

    assert not gone.exists
    assert snapshot(catalog) == before


def test_one_leaver_is_one_revoke(product: Product, warehouse_url: str) -> None:
    grant_id = uuid4()
    grant(product, grant_id, "orders")
    login(product, grant_id, "user:1")
    stays = login(product, grant_id, "user:2")

    product.absent(
        "login", grant_id, schema=product.schema, holder="user:1", expires_at=in_days(30)
    )

    with connect(warehouse_url, stays) as consumer:
        assert consumer.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_a_narrower_port_takes_the_other_tables_away(product: Product, warehouse_url: str) -> None:
    grant_id = uuid4()
    grant(product, grant_id, "orders", "secrets")
    access = login(product, grant_id)

    grant(product, grant_id, "orders")

    with connect(warehouse_url, access) as consumer:
        with pytest.raises(errors.InsufficientPrivilege):
            consumer.execute("SELECT * FROM secrets")
        assert consumer.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_a_second_login_step_gives_a_new_password(product: Product) -> None:
    grant_id = uuid4()
    grant(product, grant_id, "orders")

    first, second = login(product, grant_id), login(product, grant_id)

    assert first.secrets["username"] == second.secrets["username"]
    assert first.secrets["password"] != second.secrets["password"]
    assert len(second.secrets["password"]) == 32


def test_passwords_are_in_no_log_text_or_repr(product: Product) -> None:
    grant_id = uuid4()
    grant(product, grant_id, "orders")

    access = login(product, grant_id)

    assert access.secrets["password"] not in repr(access)
    assert access.secrets["password"] not in repr(product.log)


@pytest.mark.parametrize(
    ("tables", "message"), [(["nothing"], "has no table nothing"), (['x"; drop'], "tables/0")]
)
def test_a_grant_on_unknown_tables_is_refused_and_nothing_changes(
    tables: list[str], message: str, product: Product, catalog: psycopg.Connection
) -> None:
    before = snapshot(catalog)

    with pytest.raises(PermanentError, match=message):
        grant(product, uuid4(), *tables)

    assert snapshot(catalog) == before


def test_a_foreign_schema_is_never_granted(product: Product, catalog: psycopg.Connection) -> None:
    before = snapshot(catalog)

    for schema in ("pg_catalog", "meshport", "dp_not_there"):
        with pytest.raises(PermanentError):
            product.ensure("grant", uuid4(), schema=schema, tables=["orders"])

    assert snapshot(catalog) == before


@pytest.mark.parametrize(
    ("expires_at", "message"),
    [(in_days(-1), "already ended"), ("2030-01-01T00:00:00", "time zone"), ("soon", "ISO 8601")],
    ids=["past", "without a zone", "no date"],
)
def test_a_login_without_a_future_end_is_refused_and_nothing_changes(
    expires_at: str, message: str, product: Product, catalog: psycopg.Connection
) -> None:
    grant_id = uuid4()
    grant(product, grant_id, "orders")
    before = snapshot(catalog)

    with pytest.raises(PermanentError, match=message):
        product.ensure("login", grant_id, schema=product.schema, holder="u", expires_at=expires_at)

    assert snapshot(catalog) == before


def test_a_login_needs_its_grant(product: Product, catalog: psycopg.Connection) -> None:
    before = snapshot(catalog)

    with pytest.raises(PermanentError, match=r"not .* in place"):
        login(product, uuid4())

    assert snapshot(catalog) == before


def test_a_table_that_nobody_has_rights_to_yet_is_granted(
    driver: PostgresDriver, warehouse_url: str
) -> None:
    made, grant_id = Product(driver), uuid4()
    made.ensure("schema")
    made.tables(table("orders", "id"))

    grant(made, grant_id, "orders")

    with connect(warehouse_url, login(made, grant_id)) as consumer:
        assert consumer.execute("SELECT count(*) FROM orders").fetchone() == (0,)
