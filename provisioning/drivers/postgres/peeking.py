"""A few rows of a table, read with the rights of a grant's role: its columns, its filters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import errors, sql

from provisioning.drivers.postgres import identities, naming, narrowing
from provisioning.drivers.postgres.session import Connection, rows, run, value
from provisioning.drivers.protocol import PermanentError, Rows, TemporaryError

PATIENCE = "2s"  # of one statement
MAX_TEXT = 200  # characters of one value

# A view or somebody else's table may run code of theirs, which could shed the role.
IS_OURS = """
SELECT relkind IN ('r', 'p') AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
FROM pg_class WHERE oid = to_regclass(%(t)s)
"""
COLUMNS = """
SELECT attname::text FROM pg_attribute
WHERE attrelid = to_regclass(%(t)s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


def peek(conn: Connection, grant_id: UUID, schema: str, table: str, limit: int) -> Rows:
    """Up to `limit` rows in no order, as texts; a value that is missing is None.

    Raises:
        PermanentError: the grant or the table is not there.
        TemporaryError: it took longer than two seconds.
    """
    held = require_opened(conn, grant_id, schema, table)
    role, where = naming.grant_role(grant_id), sql.Identifier(schema, table)
    found = [row[0] for row in rows(conn, COLUMNS, {"t": where.as_string(conn)})]
    columns = [name for name in found if not held.columns or name in held.columns]
    run(conn, "SET LOCAL statement_timeout = {t}", t=sql.Literal(PATIENCE))
    run(conn, "SET LOCAL ROLE {r}", r=sql.Identifier(role))
    query = sql.SQL("SELECT {c} FROM {t} LIMIT {n}").format(
        c=sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(each)) for each in columns),
        t=where,
        n=sql.Literal(limit),
    )
    try:
        values = conn.execute(query).fetchall()
    except errors.QueryCanceled as error:
        raise TemporaryError("The warehouse took too long for a few rows.") from error
    return Rows(tuple(columns), tuple(tuple(map(short, row)) for row in values))


def require_opened(conn: Connection, grant_id: UUID, schema: str, table: str) -> narrowing.Held:
    """What the grant shows of the table.

    Raises:
        PermanentError: the grant or the table is not there, or the portal did not make it.
    """
    role, where = naming.grant_role(grant_id), sql.Identifier(schema, table)
    held = narrowing.held(conn, role, schema).get(table)
    if identities.find(conn, role) is None or held is None:
        raise PermanentError("The access is not in place there.")
    if not value(conn, IS_OURS, {"t": where.as_string(conn)}):
        raise PermanentError(f"{table} is no table that the portal made; read it with your login.")
    return held


def short(value: Any) -> str | None:
    """A value as a page shows it."""
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
