"""Statements that the server plans once a connection, for what is asked again and again.

Django's cursors bind parameters on the client, so every statement is new to PostgreSQL, which
parses and plans it each time; planning often takes longer than running. Here the text stays the
same and the parameters travel beside it. All else is as with `connection.cursor()`: the same
connection and transaction, Django's exceptions, its wrappers and its log of queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

AT_ONCE = 0  # uses of a text before it is prepared
Values = Sequence[Any] | Mapping[str, Any]
Statement = tuple[str, Sequence[Any]]  # a text and its parameters


class _Preparing(psycopg.Cursor[Any]):
    """Prepares what it executes.

    Preparing is allowed while this cursor executes and at no other time: psycopg would keep the
    texts of Django's own statements, with all that they hold, to count them.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> _Preparing:
        self.connection.prepare_threshold = AT_ONCE
        try:
            super().execute(query, params, prepare=True, **options)
        finally:
            self.connection.prepare_threshold = None
        return self

    def rows(self) -> list[Any]:
        """All rows; `description` would describe each column first."""
        return self.fetchall() if self.pgresult and self.pgresult.nfields else []


class _Logging(CursorDebugWrapper):
    """Logs the text with its `%s`: the parameters are put in by the server."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        with self.debug_sql(sql, params):
            return CursorWrapper.execute(self, sql, params)


def ask(sql: str, *parameters: Any, **named: Any) -> list[Any]:
    """The rows of a statement; none for one that answers none.

    Args:
        sql: a text that never changes, as a connection keeps 100 of them. `%s` stands for a
            parameter and needs a cast (`%s::bigint[]`) wherever PostgreSQL could take it for a
            text. A jsonb comes as text, as from Django's cursors.
        parameters: values, or `named` ones for `%(name)s`; rows are best sent as one JSON text.

    Raises:
        django.db.Error: as a cursor of Django does. After a change of the schema that gives a
            statement columns of other types, its next use in a transaction of an old connection
            fails (`NotSupportedError`); with the rollback that follows it is prepared anew.

    With `PORTAL_DB_PREPARE=0`, for a pooler that gives each transaction another connection, this
    is an ordinary cursor.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # the proxy looks for it at each step
    values = named or parameters
    if not settings.PORTAL_DB_PREPARE:
        return _asked_plainly(database, sql, values)
    try:
        return _asked(database, sql, values)
    except NotSupportedError:
        if database.in_atomic_block:
            raise
        _forget(database.connection)
        return _asked(database, sql, values)


def _asked(database: Any, sql: str, values: Values) -> list[Any]:
    database.close_if_health_check_failed()
    database.ensure_connection()
    wrap = _Logging if database.queries_logged else CursorWrapper
    with database.wrap_database_errors, _Preparing(database.connection) as cursor:
        wrap(cursor, database).execute(sql, values)
        return cursor.rows()


def _asked_plainly(database: Any, sql: str, values: Values) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def _forget(connection: Any) -> None:
    """Drop what is prepared, at the server and in psycopg, which has to see the words for it."""
    connection.prepare_threshold = AT_ONCE + 1
    try:
        connection.execute("DEALLOCATE ALL")
    finally:
        connection.prepare_threshold = None
