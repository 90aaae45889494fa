"""A warehouse whose administrator is no superuser, and a driver that provisions into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from pytest_django import Settings

from provisioning.drivers.postgres import PostgresDriver
from provisioning.drivers.postgres.session import Warehouse
from tests.provisioning.drivers.adapter import Adapter
from tests.provisioning.drivers.broker import Server
from tests.provisioning.drivers.osb import driver_at
from tests.provisioning.drivers.patient import Patient
from tests.provisioning.drivers.witboost import driver_at as witboost_at


def _at(url: str, *, user: str = "", password: str = "", database: str = "") -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    who = f"{user}:{password}@{host}" if user else parts.netloc
    return urlunsplit(parts._replace(netloc=who, path=f"/{database}" if database else parts.path))


@pytest.fixture(scope="session")
def warehouse_url() -> Iterator[str]:
    """`WAREHOUSE_URL`, else a new database and administrator on the server of `DATABASE_URL`."""
    given = os.environ.get("WAREHOUSE_URL")
    if given:
        yield given
        return
    server = os.environ["DATABASE_URL"]
    name = f"h_wh_{uuid4().hex[:8]}"
    admin = {"name": sql.Identifier(name), "password": sql.Literal(name)}
    with psycopg.connect(_at(server, database="postgres"), autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE ROLE {name} LOGIN CREATEROLE PASSWORD {password}").format(**admin)
        )
        conn.execute(sql.SQL("CREATE DATABASE {name} OWNER {name}").format(**admin))
    yield _at(server, user=name, password=name, database=name)
    with psycopg.connect(_at(server, database="postgres"), autocommit=True) as conn:
        for (role,) in conn.execute(
            "SELECT r.rolname FROM pg_roles r WHERE r.rolname ~ '^(dp|gr|lg|kp)_'"
            " AND pg_has_role(%(admin)s, r.oid, 'MEMBER') ORDER BY r.rolname ~ '^kp_'",
            {"admin": name},
        ).fetchall():
            with psycopg.connect(_at(server, database=name), autocommit=True) as there:
                there.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
                there.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
        conn.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**admin))
        conn.execute(sql.SQL("DROP ROLE {name}").format(**admin))


@pytest.fixture
def driver(warehouse_url: str) -> PostgresDriver:
    return PostgresDriver(lambda _target: Warehouse(warehouse_url, exclusive=True))


@pytest.fixture
def catalog(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """The administrator's own look at the warehouse, each statement for itself."""
    with psycopg.connect(warehouse_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def broker(settings: Settings) -> Iterator[Server]:
    """A service broker that may be called."""
    found = Server()
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [found.place]
    yield found
    found.close()


@pytest.fixture
def osb(broker: Server) -> Patient:
    """The driver, with that broker as its target."""
    return Patient(driver_at(broker.url))


@pytest.fixture
def adapter(settings: Settings) -> Iterator[Adapter]:
    """A tech adapter that may be called."""
    found = Adapter()
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [found.place]
    yield found
    found.close()


@pytest.fixture
def witboost(adapter: Adapter) -> Patient:
    """The driver, with that adapter as its target."""
    return Patient(witboost_at(adapter.url))
