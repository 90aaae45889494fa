"""The whole warehouse as plain data, read from its catalogue."""

from __future__ import annotations

from typing import Any

import psycopg

OURS = "r.rolname ~ '^(dp|gr|lg)_'"
QUERIES = {
    "schemas": (
        "SELECT nspname, coalesce(nspacl, acldefault('n', nspowner))::text,"
        " obj_description(oid, 'pg_namespace') FROM pg_namespace"
        " WHERE nspname !~ '^(pg_|information_schema|meshport|public$)' ORDER BY 1"
    ),
    "tables": (
        "SELECT c.oid::regclass::text, relkind, coalesce(relacl, acldefault('r', relowner))::text,"
        " obj_description(c.oid, 'pg_class')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname !~ '^(pg_|information_schema|meshport)' ORDER BY 1"
    ),
    "columns": (
        "SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull,"
        " col_description(attrelid, attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid"
        " JOIN pg_namespace n ON n.oid = relnamespace WHERE attnum > 0"
        " AND nspname !~ '^(pg_|information_schema|meshport)' ORDER BY 1, 2"
    ),
    "constraints": (
        "SELECT conrelid::regclass::text, contype, pg_get_constraintdef(k.oid) FROM pg_constraint k"
        " JOIN pg_namespace n ON n.oid = connamespace"
        " WHERE nspname !~ '^(pg_|information_schema|meshport)' ORDER BY 1, 2, 3"
    ),
    "roles": (
        "SELECT rolname, rolcanlogin, rolcreaterole, rolsuper, rolconnlimit, rolvaliduntil::text,"
        f" rolconfig, shobj_description(oid, 'pg_authid') FROM pg_roles r WHERE {OURS} ORDER BY 1"
    ),
    "members": (
        "SELECT r.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid"
        f" JOIN pg_roles m ON m.oid = a.member WHERE {OURS} ORDER BY 1, 2"
    ),
    "default rights": (
        "SELECT n.nspname, defaclobjtype, defaclacl::text FROM pg_default_acl d"
        " JOIN pg_namespace n ON n.oid = defaclnamespace ORDER BY 1, 2, 3"
    ),
}


def snapshot(conn: psycopg.Connection) -> dict[str, list[Any]]:
    """Everything but the fences and the rows."""
    found = {name: conn.execute(query).fetchall() for name, query in QUERIES.items()}
    tables = [row[0] for row in found["tables"] if row[1] == "r"]
    found["rows"] = [
        (table, conn.execute(f"SELECT count(*) FROM {table}").fetchone()) for table in tables
    ]
    return found
