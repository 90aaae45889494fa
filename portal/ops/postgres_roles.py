"""Roles and databases of the embedded server (SECURITY §1, items 15 and 16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "portal_owner"
APP = "portal_app"
WAREHOUSE = "warehouse_admin"
ATTRIBUTES: dict[str, LiteralString] = {
    OWNER: "LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB NOCREATEROLE",  # CREATEDB: tests make their own
    APP: "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
    WAREHOUSE: "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB CREATEROLE",
}
DATABASES = {"portal": OWNER, "warehouse": WAREHOUSE}

# First match wins and nothing else is let in: a provisioned role meets only its database.
HBA = f"""\
local all       {SUPERUSER},{OWNER},{APP}              scram-sha-256
local warehouse all                                    scram-sha-256
host  warehouse all                       127.0.0.1/32 scram-sha-256
"""

SERVER_RULES: tuple[LiteralString, ...] = (
    "REVOKE CONNECT, TEMPORARY ON DATABASE portal, postgres, template1 FROM PUBLIC",
    "GRANT CONNECT ON DATABASE portal, postgres TO portal_owner, portal_app",
    "REVOKE TEMPORARY ON DATABASE warehouse FROM PUBLIC",
)
PORTAL_RULES: tuple[LiteralString, ...] = (
    "GRANT USAGE ON SCHEMA public TO portal_app",
    """ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
       GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app""",
    """ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
       GRANT USAGE, SELECT ON SEQUENCES TO portal_app""",
)
WAREHOUSE_RULES: tuple[LiteralString, ...] = ("REVOKE ALL ON SCHEMA public FROM PUBLIC",)


def make_roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Roles and databases; may be repeated, after an interruption for instance."""
    for role, attributes in ATTRIBUTES.items():
        name = sql.Identifier(role)
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
            connection.execute(sql.SQL("CREATE ROLE {}").format(name))
        # Hashed here, so that no log of the server can hold a password.
        hashed = connection.pgconn.encrypt_password(
            passwords[role].encode(), role.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("ALTER ROLE {} WITH {} PASSWORD {}").format(
                name, sql.SQL(attributes), sql.Literal(hashed.decode())
            )
        )
    for database, owner in DATABASES.items():
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY WAL_LOG").format(
                    sql.Identifier(database), sql.Identifier(owner)
                )
            )
    apply_rules(connection, SERVER_RULES)


def apply_rules(connection: psycopg.Connection, rules: tuple[LiteralString, ...]) -> None:
    for rule in rules:
        connection.execute(rule)


def _exists(connection: psycopg.Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
