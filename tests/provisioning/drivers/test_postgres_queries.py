"""A team's SQL rule reads its own schema and does nothing else: refused first, contained anyway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from provisioning.drivers.postgres import PostgresDriver
from provisioning.drivers.postgres.session import Warehouse
from provisioning.drivers.protocol import RuleResult
from tests.provisioning.drivers.snapshots import snapshot
from tests.provisioning.drivers.support import Product, table


@pytest.fixture(scope="module")
def product(warehouse_url: str) -> Product:
    return made(warehouse_url)


@pytest.fixture(scope="module")
def other(warehouse_url: str) -> Product:
    return made(warehouse_url)


def made(url: str) -> Product:
    found = Product(PostgresDriver(lambda _target: Warehouse(url, exclusive=True)))
    found.ensure("schema")
    found.tables(table("orders", "id", "email"))
    found.ensure("roles")
    found.ensure("sample", rows={"orders": [{"id": "1"}, {"id": "2", "email": "x"}]})
    return found


def ask(product: Product, text: str, **more: Any) -> RuleResult:
    given = {"id": "q", "query": text, "operator": "mustBe", "threshold": 0, **more}
    return product.measure("orders", given).results[0]


FINE = [
    ("SELECT count(*) FROM ${table} WHERE email IS NULL", 1),
    ("SELECT count(*) FROM orders o JOIN orders p USING (id);", 2),
    ("WITH big AS (SELECT * FROM orders) SELECT count(*) FROM big -- all of them", 2),
    ("SELECT count(*) FROM (SELECT id FROM orders UNION SELECT email FROM orders) x", 4),
    ("SELECT CASE WHEN lower(max(id)) = '2' THEN 0.5 ELSE 1 END FROM orders", 0.5),
    ("SELECT count(*) FILTER (WHERE id ~ '^[0-9]{1,3}$') FROM orders WHERE id LIKE '%'", 2),
    ("SELECT count(*), max(email), current_date FROM orders", 2),
    ("SELECT bool_and(id IS NOT NULL) FROM orders", 1),
    ("SELECT sum(n) FROM generate_series(1, 4) AS n", 10),
    ("SELECT extract(epoch FROM now() - now())", 0),
]


@pytest.mark.parametrize(("text", "value"), FINE)
def test_a_query_that_only_reads_gives_its_number(
    text: str, value: float, product: Product
) -> None:
    result = ask(product, text)

    assert (result.error, result.value) == ("", value)


WRITES = [
    "SELECT 0; DROP TABLE ${table}",
    "DROP TABLE ${table}",
    "TRUNCATE ${table}",
    "INSERT INTO ${table} (id) VALUES ('9') RETURNING 0",
    "WITH gone AS (DELETE FROM ${table} RETURNING 1) SELECT count(*) FROM gone",
    "UPDATE ${table} SET email = ''",
    "MERGE INTO ${table} o USING ${table} p ON false WHEN NOT MATCHED THEN DO NOTHING",
    "SELECT 0 INTO TEMP stolen",
    "CREATE TEMP TABLE mine AS SELECT 0",
    "CREATE TABLE mine (a int)",
    "COPY ${table} TO PROGRAM 'touch /tmp/meshport-was-here'",
    "COPY ${table} TO STDOUT",
    "DO $$ BEGIN PERFORM 1; END $$",
    "CALL nothing()",
    "GRANT ALL ON ${table} TO PUBLIC",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT nextval('orders_id_seq')",
]
LOCKS = [
    "LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE",
    "SELECT 0 FROM ${table} FOR UPDATE",
    "SELECT count(pg_advisory_lock(1))",
    "SELECT count(pg_catalog.pg_try_advisory_lock(1))",
    'SELECT count("pg_advisory_xact_lock"(1))',
    r'SELECT count(U&"pg\005fadvisory_lock"(1))',
    "LISTEN news",
    "NOTIFY news",
    "SELECT length(pg_notify('news', 'x')::text)",
]
WAITS = [
    "SELECT length(pg_sleep(3600)::text)",
    "SELECT length(pg_sleep_for('1 hour')::text)",
]
SHEDS = [
    "RESET ROLE",
    "SET ROLE {admin}",
    "SET statement_timeout = 0",
    "SELECT length(set_config('role', '{admin}', false))",
    "SELECT length(set_config('statement_timeout', '0', false))",
    "BEGIN",
    "COMMIT",
]
ELSEWHERE = [
    "SELECT count(*) FROM meshport.portal_fence",
    "SELECT count(*) FROM {other}.orders",
    "SELECT count(*) FROM orders, {other}.orders AS x",
    "SELECT (SELECT count(*) FROM {other}.orders)",
    "SELECT count(*) FROM pg_roles",
    "SELECT count(*) FROM pg_catalog.pg_authid",
    "SELECT count(*) FROM information_schema.tables",
    "SELECT count(*) FROM pg_stat_activity",
    "WITH x AS (SELECT 1) SELECT count(*) FROM {other}.x",
    "TABLE meshport.portal_fence",
    "SELECT length(query_to_xml('TABLE meshport.portal_fence', true, true, '')::text)",
    "SELECT length(pg_read_file('/etc/passwd'))",
    "SELECT count(*) FROM pg_ls_dir('.')",
    "SELECT length(current_setting('data_directory'))",
    "SELECT count(*) FROM dblink('host=127.0.0.1', 'SELECT 1') AS t(a int)",
    "SELECT length(dblink_connect('host=127.0.0.1'))",
]
NO_ANSWER = [
    "SELECT 'text'",
    "SELECT 0 WHERE false",
    "SELECT NULL",
    "SELECT 'NaN'::float8",
    "SELECT 'infinity'::numeric",
    "SELECT 1e400::numeric",
    "SELECT",
    " ",
    "SELEC 1",
    "SELECT 1 FROM nothing",
    "SELECT 1/0",
    "SELECT ((((((" * 2_000,
    "SELECT 1" + " " * 30_000 + "-- long",
    "SELECT 0) AS answer(v) UNION SELECT (1",
]


REFUSED = {
    "writes": WRITES,
    "locks": LOCKS,
    "waits": WAITS,
    "sheds its rights": SHEDS,
    "looks elsewhere": ELSEWHERE,
    "gives no number": NO_ANSWER,
}


@pytest.mark.parametrize("kind", REFUSED)
def test_anything_else_is_refused_explained_and_changes_nothing(
    kind: str, product: Product, other: Product, catalog: psycopg.Connection
) -> None:
    before = snapshot(catalog)
    asked = [
        text.replace("{admin}", catalog.info.user).replace("{other}", other.schema)
        for text in REFUSED[kind]
    ]
    rules = [
        {"id": str(n), "query": text, "operator": "mustBe", "threshold": 0}
        for n, text in enumerate(asked)
    ]

    results = product.measure("orders", *rules).results

    wrong = {asked[int(each.rule_id)]: each for each in results if each.passed is not None}
    assert not wrong
    told = {asked[int(each.rule_id)]: each.error for each in results}
    assert {text: why for text, why in told.items() if not 10 < len(why) < 300} == {}
    assert not [why for why in told.values() if "longer than 8 s" in why]
    assert snapshot(catalog) == before
    assert not Path("/tmp/meshport-was-here").exists()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    ],
)
def test_a_query_without_end_ends(text: str, product: Product, catalog: psycopg.Connection) -> None:
    before = snapshot(catalog)

    result = ask(product, text)

    assert (result.passed, result.error) == (None, "It took longer than 8 s.")
    assert snapshot(catalog) == before


@pytest.mark.parametrize(
    "text",
    [
        "SELECT repeat('9', 200000000)",
        "SELECT repeat('x', 1000) FROM generate_series(1, 50000000)",
    ],
)
def test_of_an_answer_without_end_a_few_characters_are_taken(text: str, product: Product) -> None:
    result = ask(product, text)

    assert result.passed is None
    assert len(result.error) < 200


@pytest.fixture
def checker(product: Product, catalog: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A session as queries have it, as if nothing had looked at them before."""
    role = f"{product.schema}_q"
    catalog.execute(
        sql.SQL("ALTER ROLE {r} LOGIN PASSWORD 'for-a-test' VALID UNTIL 'infinity'").format(
            r=sql.Identifier(role)
        )
    )
    info = catalog.info
    with psycopg.connect(
        host=info.host, port=info.port, dbname=info.dbname, user=role, password="for-a-test"
    ) as conn:
        yield conn
        conn.rollback()


HELD = [
    "DROP TABLE orders",
    "DELETE FROM orders",
    "CREATE TEMP TABLE mine (a int)",
    "CREATE TABLE mine (a int)",
    "COPY orders TO PROGRAM 'touch /tmp/meshport-was-here'",
    "SELECT lo_create(0)",
    "SELECT 0 FROM orders FOR UPDATE",
    "LOCK TABLE orders",
    "SELECT set_config('role', '{admin}', false)",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "TABLE meshport.portal_fence",
    "SELECT * FROM {other}.orders",
    "SELECT rolpassword FROM pg_authid",
    "SELECT dblink_connect('host=127.0.0.1')",
]


def test_the_login_of_queries_could_not_do_it_either(
    checker: psycopg.Connection, other: Product, catalog: psycopg.Connection
) -> None:
    before = snapshot(catalog)
    done = []

    for text in HELD:
        asked = text.replace("{admin}", catalog.info.user).replace("{other}", other.schema)
        checker.execute("SELECT count(*) FROM orders")
        try:
            checker.execute(asked.encode())
        except psycopg.Error:
            pass
        else:
            done.append(text)
        checker.rollback()

    assert done == []
    assert snapshot(catalog) == before
