"""Roles are made in the name of keepers, so that a change of one costs no walk over all of them."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql

from core.ids import uuid7
from provisioning.drivers.postgres import PostgresDriver, naming
from provisioning.drivers.protocol import PermanentError
from tests.provisioning.drivers.support import Product, in_days, table

# Over all these PostgreSQL walks when somebody asks whether `name` may administer a role.
WALKED = """
WITH RECURSIVE walked AS (
    SELECT oid FROM pg_roles WHERE rolname = %(name)s
    UNION SELECT a.roleid FROM pg_auth_members a JOIN walked w ON w.oid = a.member
) SELECT count(*) - 1 FROM walked
"""
# And when the administrator is asked whether it has somebody's rights.
INHERITED = """
SELECT count(*) FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
WHERE a.member = to_regrole(current_user) AND a.inherit_option AND r.rolname ~ '^(gr|lg|dp)_'
"""
MADE_BY = """
SELECT m.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
WHERE a.roleid = to_regrole(%(role)s) AND a.admin_option
"""


@pytest.fixture
def product(driver: PostgresDriver) -> Product:
    made = Product(driver)
    made.ensure("schema")
    made.tables(table("orders", "id"))
    made.ensure("roles")
    made.ensure("sample", rows={"orders": [{"id": "1"}]})
    return made


def open_to(product: Product, grant_id: UUID) -> str:
    """A grant with one login; returns the login's name."""
    product.ensure("grant", grant_id, schema=product.schema, tables=["orders"])
    spec = {"schema": product.schema, "holder": "user:1", "expires_at": in_days(30)}
    return str(product.ensure("login", grant_id, **spec).attributes["username"])


def end(product: Product, grant_id: UUID) -> None:
    product.absent("grant", grant_id, schema=product.schema, tables=["orders"])


def walked(catalog: psycopg.Connection, name: str) -> int:
    """Of a keeper that is not there yet nothing."""
    return max(0, catalog.execute(WALKED, {"name": name}).fetchone()[0])


def names(catalog: psycopg.Connection, pattern: str) -> set[str]:
    found = catalog.execute("SELECT rolname FROM pg_roles WHERE rolname ~ %s", [pattern])
    return {row[0] for row in found.fetchall()}


def test_each_change_walks_over_the_roles_of_one_keeper(
    product: Product, catalog: psycopg.Connection
) -> None:
    grants = [uuid7() for _ in range(12)]
    keepers = [naming.keeper_role(catalog.info.user, each) for each in grants]
    before = {each: walked(catalog, each) for each in keepers}

    logins = [open_to(product, each) for each in grants]

    for grant_id, login, keeper in zip(grants, logins, keepers, strict=True):
        for role in (naming.grant_role(grant_id), login):
            assert catalog.execute(MADE_BY, {"role": role}).fetchall() == [(keeper,)]
    for keeper, number in before.items():
        assert walked(catalog, keeper) == number + 2 * keepers.count(keeper)
    assert catalog.execute(INHERITED).fetchone() == (0,)
    for each in grants:
        end(product, each)


def test_grants_are_spread_evenly_over_the_keepers() -> None:
    made = Counter(naming.keeper_role("warehouse_admin", uuid7()) for _ in range(6400))

    assert len(made) == naming.KEEPERS == 64
    assert max(made.values()) < 200  # of 100 on average


def test_a_keeper_logs_in_nowhere_and_may_do_nothing_else(
    product: Product, catalog: psycopg.Connection
) -> None:
    keeper = naming.keeper_role(catalog.info.user, product.id)
    attributes = "SELECT rolcanlogin, rolsuper, rolcreatedb, rolbypassrls, rolreplication"
    found = catalog.execute(f"{attributes} FROM pg_roles WHERE rolname = %s", [keeper])
    assert found.fetchone() == (False,) * 5

    with catalog.transaction(force_rollback=True):
        catalog.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(keeper)))
        with pytest.raises(errors.InsufficientPrivilege):
            catalog.execute(f"SELECT * FROM {product.schema}.orders")


def test_an_administrator_has_keepers_of_its_own(catalog: psycopg.Connection) -> None:
    grant_id = uuid4()

    assert naming.keeper_role("one", grant_id) != naming.keeper_role("two", grant_id)
    assert len(naming.keeper_role("x" * 63, grant_id)) <= naming.MAX_NAME_BYTES


def test_a_role_of_the_time_before_keepers_is_kept_prolonged_and_dropped(
    product: Product, catalog: psycopg.Connection
) -> None:
    grant_id = uuid4()
    role = naming.grant_role(grant_id)
    login = naming.login_role(grant_id, "user:1")
    label = f'[meshport {{"instance": "{grant_id}", "fence": 1}}]'
    with catalog.transaction():
        catalog.execute("SET LOCAL createrole_self_grant = 'set, inherit'")
        for each in (role, login):
            name = sql.Identifier(each)
            catalog.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
            catalog.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(name, sql.Literal(label)))

    assert open_to(product, grant_id) == login
    until = in_days(60)
    spec = {"schema": product.schema, "tables": ["orders"], "until": until}
    product.ensure("grant", grant_id, **spec)
    held = catalog.execute("SELECT rolvaliduntil FROM pg_roles WHERE rolname = %s", [login])
    assert held.fetchone()[0].isoformat() == until
    assert catalog.execute(MADE_BY, {"role": role}).fetchall() == [(catalog.info.user,)]

    end(product, grant_id)

    assert names(catalog, grant_id.hex[-16:]) == set()


def test_a_login_of_today_joins_a_role_of_the_time_before_keepers(
    product: Product, catalog: psycopg.Connection
) -> None:
    grant_id = uuid4()
    role = naming.grant_role(grant_id)
    catalog.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    label = sql.Literal(f'[meshport {{"instance": "{grant_id}", "fence": 1}}]')
    catalog.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(role), label))

    open_to(product, grant_id)
    end(product, grant_id)

    assert names(catalog, grant_id.hex[-16:]) == set()


def test_rows_are_shown_of_a_grant_and_it_ends_all_the_same(
    product: Product, driver: PostgresDriver, catalog: psycopg.Connection
) -> None:
    grant_id = uuid4()
    spec = {"schema": product.schema, "tables": ["orders"]}
    open_to(product, grant_id)

    for _ in range(2):
        assert driver.peek(grant_id, spec, "orders", 5).values == (("1",),)
    assert catalog.execute(INHERITED).fetchone() == (0,)
    end(product, grant_id)

    assert names(catalog, grant_id.hex[-16:]) == set()
    with pytest.raises(PermanentError, match="not in place"):
        driver.peek(grant_id, spec, "orders", 5)
