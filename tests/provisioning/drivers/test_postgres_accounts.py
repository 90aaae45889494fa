"""A sandbox: each member has a login of their own, and what they make belongs to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

import psycopg
import pytest
from psycopg import errors

from provisioning.drivers.postgres import PostgresDriver, roles
from provisioning.drivers.protocol import Change, Observed, PermanentError
from tests.provisioning.drivers.snapshots import snapshot
from tests.provisioning.drivers.support import Product, table

UNTIL = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
Connect = Callable[[Observed], psycopg.Connection]


@pytest.fixture
def sandbox(driver: PostgresDriver) -> Iterator[Product]:
    made = Product(driver, slug="trial")
    made.ensure("schema")
    made.ensure("roles", builds=True, until=UNTIL)
    yield made
    made.absent("roles", builds=True, until=UNTIL)
    made.absent("schema")


@pytest.fixture
def connect(warehouse_url: str) -> Connect:
    return lambda access: psycopg.connect(
        warehouse_url,
        user=access.secrets["username"],
        password=access.secrets["password"],
        autocommit=True,
    )


def account(sandbox: Product, holder: str = "user:1", until: str = UNTIL) -> Observed:
    return sandbox.ensure("account", holder=holder, until=until)


def ends_of(catalog: psycopg.Connection, name: str) -> datetime:
    found = catalog.execute("SELECT rolvaliduntil FROM pg_roles WHERE rolname = %s", [name])
    row = found.fetchone()
    assert row is not None
    return row[0]


def test_members_make_tables_that_belong_to_all_of_them(sandbox: Product, connect: Connect) -> None:
    first, second = account(sandbox, "user:1"), account(sandbox, "user:2")
    assert first.secrets["username"] != second.secrets["username"]

    with connect(first) as one:
        one.execute("CREATE TABLE trial AS SELECT 1 AS n")
    with connect(second) as two:
        two.execute("INSERT INTO trial VALUES (2)")
        two.execute("ALTER TABLE trial ADD COLUMN why text")
        two.execute("CREATE VIEW twice AS SELECT n * 2 AS n FROM trial")
        assert two.execute("SELECT sum(n) FROM twice").fetchone() == (6,)
        owners = two.execute(
            "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'trial'::regclass"
        )
        assert owners.fetchone() == (f"{sandbox.schema}_w",)


def test_a_login_reaches_nothing_but_its_sandbox(
    sandbox: Product, driver: PostgresDriver, connect: Connect
) -> None:
    other = Product(driver, slug="orders")
    other.ensure("schema")
    other.tables(table("orders", "id"))
    other.ensure("roles")

    with connect(account(sandbox)) as person:
        for forbidden in (
            f"SELECT * FROM {other.schema}.orders",
            f"CREATE TABLE {other.schema}.mine ()",
            "CREATE TABLE public.mine ()",
            "CREATE SCHEMA mine",
            "CREATE ROLE mine",
            "SELECT * FROM meshport.portal_fence",
            f"SET ROLE {other.schema}_w",
            f"DROP SCHEMA {sandbox.schema}",
            # as itself a login has no rights: nothing can come to belong to it
            f"RESET ROLE; SET ROLE NONE; CREATE TABLE {sandbox.schema}.own ()",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                person.execute(forbidden)


def test_the_writer_of_a_product_makes_no_tables(
    driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    product = Product(driver)
    product.ensure("schema")
    product.ensure("roles")

    with pytest.raises(PermanentError, match="Nobody works in"):
        account(product)
    asked = "SELECT has_schema_privilege(%s, %s, 'CREATE')"
    names = [f"{product.schema}_w", product.schema]
    assert catalog.execute(asked, names).fetchone() == (False,)


def test_it_ends_with_its_last_day_and_moves_with_it(
    sandbox: Product, connect: Connect, catalog: psycopg.Connection
) -> None:
    access = account(sandbox)
    with connect(access) as person:
        person.execute("CREATE TABLE trial AS SELECT 1 AS n")
    name = access.secrets["username"]
    midnight = datetime.combine(date.fromisoformat(UNTIL) + timedelta(days=1), time(), UTC)
    assert ends_of(catalog, name) == midnight

    later = (date.fromisoformat(UNTIL) + timedelta(days=5)).isoformat()
    planned = sandbox.driver.plan(sandbox.step("roles", builds=True, until=later))
    assert {each.name: each.change for each in planned}[name] == Change.UPDATE
    sandbox.ensure("roles", builds=True, until=later)

    assert ends_of(catalog, name) == midnight + timedelta(days=5)
    planned = sandbox.driver.plan(sandbox.step("roles", builds=True, until=later))
    assert {each.change for each in planned} == {Change.KEEP}
    with connect(access) as person:  # the password is the one it had
        person.execute("SELECT 1")


def test_what_has_ended_takes_nobody_in(sandbox: Product) -> None:
    with pytest.raises(PermanentError, match="has ended"):
        account(sandbox, until="2020-01-01")


def test_a_second_time_it_is_a_new_password(sandbox: Product, connect: Connect) -> None:
    first, second = account(sandbox), account(sandbox)

    assert first.secrets["username"] == second.secrets["username"]
    with pytest.raises(psycopg.OperationalError):
        connect(first)
    connect(second).close()


def test_who_leaves_is_out_and_the_work_stays(sandbox: Product, connect: Connect) -> None:
    leaver, stays = account(sandbox, "user:1"), account(sandbox, "user:2")
    with connect(leaver) as person:
        person.execute("CREATE TABLE trial AS SELECT 1 AS n")
        sandbox.absent("account", holder="user:1", until=UNTIL)
        with pytest.raises(psycopg.OperationalError):
            person.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError):
        connect(leaver)
    with connect(stays) as person:
        assert person.execute("SELECT n FROM trial").fetchone() == (1,)


def test_the_end_takes_everything_that_was_made_there(
    driver: PostgresDriver,
    connect: Connect,
    catalog: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roles, "AT_ONCE", 7)
    driver.inventory(None)
    sandbox = Product(driver, slug="trial")
    sandbox.ensure("schema")
    sandbox.absent("schema")
    large = "SELECT count(*) FROM pg_largeobject_metadata"
    before = snapshot(catalog), catalog.execute(large).fetchone()
    sandbox.ensure("schema")
    sandbox.ensure("roles", builds=True, until=UNTIL)
    with connect(account(sandbox)) as person:
        for n in range(20):
            person.execute(f"CREATE TABLE t{n} (id serial PRIMARY KEY)")
            person.execute(f"CREATE VIEW v{n} AS SELECT * FROM t{n}")
        person.execute("CREATE TYPE mood AS ENUM ('good')")
        person.execute("CREATE TABLE moods (m mood)")
        person.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1")
        person.execute("CREATE MATERIALIZED VIEW seen AS SELECT one() AS n")
        person.execute("SELECT lo_create(0)")
        gone = sandbox.absent("roles", builds=True, until=UNTIL)
        with pytest.raises(psycopg.OperationalError):
            person.execute("SELECT 1")

    assert not gone.exists
    assert not sandbox.absent("schema").exists
    assert (snapshot(catalog), catalog.execute(large).fetchone()) == before
