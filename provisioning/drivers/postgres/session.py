"""Connections to a warehouse: limits, the fence, and errors in the driver's words."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import errors, sql
from psycopg.abc import RV, PQGen
from psycopg.rows import TupleRow

from provisioning.drivers.protocol import DriverError, PermanentError, StaleFence, TemporaryError

CONNECT_TIMEOUT_S = 5
ANSWER_S = 40.0  # the longest that a statement is waited for: what the server allows, and a while
KEEP_S = 30.0  # for so long an idle connection may be used again
GREETING_S = 2.0  # a kept connection that does not answer within that is not waited for
LOOK_S = 15.0  # the same of a look, which reads a catalogue
LIMITS = (
    "-c search_path=pg_catalog,pg_temp -c lock_timeout=5s -c statement_timeout=30s"
    " -c idle_in_transaction_session_timeout=30s"
)
BOOTSTRAP_LOCK = 0x6D657368  # "mesh"
PG16 = 160_000
PASSING = (  # SQLSTATE classes and codes that may pass by themselves
    *("08", "53", "57P", "40", "55P03", "55006", "57014", "25P03"),
    *("42710", "42P06", "42P07", "23505"),  # two workers made the same thing at once
)
# SQLSTATE classes whose primary message names objects only, never a value.
NAMES_ONLY = ("42", "2B", "0A", "3F", "3D", "28", "54")


class Connection(psycopg.Connection[TupleRow]):
    """One that does not wait for ever: a line may die without a word, and then no limit of the
    server helps."""

    answer_s = ANSWER_S
    acting = ""  # in whose name statements are run, if not the user's own (`keepers`)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.process = os.getpid()

    def __del__(self, *_: Any) -> None:
        """One that was kept ends with its thread, but not in a process that was forked of it."""
        if getattr(self, "process", 0) == os.getpid():
            self.pgconn.finish()

    def wait(self, gen: PQGen[RV], *arguments: Any, **options: Any) -> RV:
        try:
            return super().wait(gen, *arguments, **{"timeout": self.answer_s, **options})
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # nothing more can come of it
                self.pgconn.finish()
            raise


@dataclass(frozen=True)
class Warehouse:
    """A database to provision into and where its consumers reach it."""

    url: str
    public_host: str = ""
    public_port: str = ""
    exclusive: bool = False  # nobody else uses this database: PUBLIC loses its rights in it

    def __repr__(self) -> str:
        return f"Warehouse({self.public_host}:{self.public_port})"


@contextmanager
def connected(warehouse: Warehouse) -> Iterator[Connection]:
    """A connection in one transaction, committed at the end.

    Each thread keeps the last one for a while: a step needs several, and to log in takes longer
    than most of what is done then. What went wrong once is not kept.

    Raises:
        TemporaryError: the network, a lock, or the server's state; trying again may help.
        PermanentError: the warehouse refused.
    """
    with _in_driver_words():
        conn = _taken(warehouse.url) or _connect(warehouse)
        try:
            yield conn
            conn.commit()
        except BaseException:
            conn.close()
            raise
        _keep(warehouse.url, conn)


@contextmanager
def fenced(warehouse: Warehouse, instance_id: UUID, fence: int) -> Iterator[Connection]:
    """A transaction that holds the instance's fence until it commits.

    Raises:
        StaleFence: a newer fence has been here; nothing is changed.
    """
    with connected(warehouse) as conn:
        _bootstrap(conn, warehouse)
        _raise_fence(conn, f"instance:{instance_id}", fence)
        yield conn


@contextmanager
def looking(warehouse: Warehouse) -> Iterator[Connection]:
    """A read-only transaction with one snapshot."""
    with connected(warehouse) as conn:
        conn.answer_s = LOOK_S
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield conn


def lock(conn: Connection, name: str) -> None:
    """Hold `name` until the end of the transaction: its rights are changed by one at a time."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def run(conn: Connection, statement: LiteralString, **names: sql.Composable) -> None:
    """Execute DDL; `names` are Identifier or Literal, put where `{name}` stands."""
    conn.execute(sql.SQL(statement).format(**names))


def rows(
    conn: Connection, query: LiteralString, values: Mapping[str, Any] | None = None
) -> list[TupleRow]:
    return conn.execute(query, values).fetchall()


def value(conn: Connection, query: LiteralString, values: Mapping[str, Any] | None = None) -> Any:
    """The first column of the first row, or None."""
    row = conn.execute(query, values).fetchone()
    return row[0] if row else None


class _Kept(threading.local):
    """The connection that a thread used last."""

    url = ""
    conn: Connection | None = None
    since = 0.0
    process = 0


_kept = _Kept()


def _keep(url: str, conn: Connection) -> None:
    if _kept.conn is not None and _kept.process == os.getpid():
        _kept.conn.close()
    conn.acting = ""
    _kept.url, _kept.conn = url, conn
    _kept.since, _kept.process = time.monotonic(), os.getpid()


def _taken(url: str) -> Connection | None:
    """The kept connection, as if it were new; None where there is none, or it has gone."""
    conn, _kept.conn = _kept.conn, None
    if conn is None or _kept.process != os.getpid():
        return None
    if _kept.url == url and time.monotonic() - _kept.since < KEEP_S:
        with suppress(psycopg.Error):
            conn.answer_s = GREETING_S
            conn.autocommit = True
            conn.execute("DISCARD ALL")
            conn.autocommit = False
            conn.answer_s = ANSWER_S
            return conn
    conn.close()
    return None


def _connect(warehouse: Warehouse) -> Connection:
    return Connection.connect(
        warehouse.url,
        connect_timeout=CONNECT_TIMEOUT_S,
        prepare_threshold=None,  # DISCARD ALL would forget what is prepared
        application_name="meshport",
        options=LIMITS,
    )


def _bootstrap(conn: Connection, warehouse: Warehouse) -> None:
    if value(conn, "SELECT to_regclass('meshport.portal_fence')") is not None:
        return
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [BOOTSTRAP_LOCK])
    conn.execute("CREATE SCHEMA IF NOT EXISTS meshport")
    conn.execute("REVOKE ALL ON SCHEMA meshport FROM PUBLIC")
    conn.execute(
        "CREATE TABLE IF NOT EXISTS meshport.portal_fence ("
        " resource text PRIMARY KEY, fence bigint NOT NULL,"
        " changed_at timestamptz NOT NULL DEFAULT now())"
    )
    if warehouse.exclusive:
        conn.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        run(
            conn,
            "REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC",
            database=sql.Identifier(conn.info.dbname),
        )


def _raise_fence(conn: Connection, resource: str, fence: int) -> None:
    """Lock the fence and lift it to `fence`; the row stays locked until the commit."""
    raised = value(
        conn,
        "INSERT INTO meshport.portal_fence AS f (resource, fence) VALUES (%(resource)s, %(fence)s)"
        " ON CONFLICT (resource) DO UPDATE SET fence = excluded.fence, changed_at = now()"
        " WHERE f.fence <= excluded.fence RETURNING fence",
        {"resource": resource, "fence": fence},
    )
    if raised is None:
        raise StaleFence("A newer run has taken over; this one changed nothing.")


@contextmanager
def _in_driver_words() -> Iterator[None]:
    try:
        yield
    except DriverError:
        raise
    except psycopg.Error as error:
        raise translated(error) from error
    except UnicodeError as error:
        raise PermanentError("The text holds characters that PostgreSQL cannot store.") from error


def translated(error: psycopg.Error) -> DriverError:
    """`error` in words that are safe to show: no values, no passwords."""
    state = error.sqlstate or ""
    if isinstance(error, psycopg.OperationalError) and not state:
        return TemporaryError("The warehouse cannot be reached.", retry_after_s=2)
    raced = isinstance(error, errors.InternalError_) and "concurrently" in str(error)
    if raced or state.startswith(PASSING):
        return TemporaryError(f"The warehouse is busy (SQLSTATE {state}).")
    if isinstance(error, errors.ProgramLimitExceeded):
        return PermanentError(
            "The warehouse holds as many rights on a table as it can, some 2,400: end access to it"
            " that nobody needs any more, or offer the rows in another table too."
        )
    if state.startswith(NAMES_ONLY):
        return PermanentError(f"The warehouse refused: {error.diag.message_primary}.")
    return PermanentError(f"The warehouse refused ({type(error).__name__}, SQLSTATE {state}).")
