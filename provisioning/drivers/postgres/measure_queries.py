"""A team's own SQL rules: looked at first, then run by a login that may only read its schema.

What a query must not do is refused with a word why. Should one get past that, nothing comes of it:
its login reads one schema, its transaction is read-only and rolled back, it is an expression inside
a SELECT, it ends after some seconds, and of its answer only a short text is taken.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import psycopg
from psycopg import errors, sql

from provisioning.drivers.postgres import keepers, logins, naming, session
from provisioning.drivers.postgres.measure_rows import NO_TIME, RULE_TIMEOUT_MS, TOO_LONG, limit
from provisioning.drivers.postgres.query_reading import require_harmless
from provisioning.drivers.postgres.roles import SHUT
from provisioning.drivers.postgres.rules import NotEvaluable, Rule
from provisioning.drivers.postgres.rules_sql import Shape
from provisioning.drivers.postgres.session import Connection, Warehouse, connected, lock, value
from provisioning.drivers.protocol import RuleResult, TemporaryError

PLACEHOLDERS = ("${%s}", "{%s}")  # ODCS examples write both
NO_NUMBER = "The query did not return a number in its first column."
LONGEST = 200  # characters of a number
ANSWER = "SELECT left(answer.v::text, 201) FROM (\n{}\n) AS answer(v) LIMIT 1"
LARGEST = 1e300


@dataclass(frozen=True)
class Place:
    """The table that queries are about."""

    schema: str
    table: str
    shape: Shape


def run(
    warehouse: Warehouse, place: Place, rules: Sequence[Rule], ends_at: float
) -> dict[str, RuleResult]:
    """A result for each rule; nobody logs in for queries that are all refused.

    Raises:
        TemporaryError: the login could not be opened.
    """
    results: dict[str, RuleResult] = {}
    texts: dict[str, str] = {}
    for rule in rules:
        try:
            texts[rule.id] = placed(rule, place)
            require_harmless(texts[rule.id], place.schema)
        except NotEvaluable as problem:
            results[rule.id] = RuleResult(rule.id, None, error=str(problem))
    harmless = [rule for rule in rules if rule.id not in results]
    if harmless:
        with _as_checker(warehouse, place.schema) as conn:
            for rule in harmless:
                results[rule.id] = _result(conn, rule, texts[rule.id], ends_at)
    return results


def placed(rule: Rule, place: Place) -> str:
    """The query with the names of the table and the column in it, quoted.

    Raises:
        NotEvaluable: the column is not there.
    """
    table = sql.Identifier(place.schema, place.table)
    names = dict.fromkeys(("table", "object", "model"), table)
    if rule.columns:
        column = sql.Identifier(place.shape.column(rule.columns[0]).name)
        names |= dict.fromkeys(("column", "property", "field"), column)
    text = rule.query.strip().rstrip(";")
    for name, identifier in names.items():
        for form in PLACEHOLDERS:
            text = text.replace(form % name, identifier.as_string(None))
    return text


def _result(conn: Connection, rule: Rule, text: str, ends_at: float) -> RuleResult:
    """One query; the extended protocol allows a single statement only."""
    left_ms = int((ends_at - time.monotonic()) * 1000)
    try:
        if left_ms <= 0:
            raise NotEvaluable(NO_TIME)
        with conn.transaction(force_rollback=True):  # nobody is notified of anything
            limit(conn, min(RULE_TIMEOUT_MS, left_ms))
            row = conn.execute(ANSWER.format(text).encode(), prepare=True).fetchone()
        return rule.judged(_number(row), None, None)
    except NotEvaluable as problem:
        return RuleResult(rule.id, None, error=str(problem))
    except errors.QueryCanceled:
        return RuleResult(rule.id, None, error=TOO_LONG.format(RULE_TIMEOUT_MS // 1000))
    except psycopg.Error as error:
        if conn.broken:
            raise
        return RuleResult(rule.id, None, error=str(session.translated(error)))
    finally:
        if not conn.broken:
            conn.execute("SELECT pg_advisory_unlock_all()")


def _number(row: tuple[object, ...] | None) -> float:
    text = row[0] if row else None
    if text in ("true", "false"):
        return float(text == "true")
    if len(str(text)) > LONGEST:
        raise NotEvaluable(NO_NUMBER)
    try:
        found = float(Decimal(str(text)))
    except (InvalidOperation, OverflowError, ValueError):
        raise NotEvaluable(NO_NUMBER) from None
    if not abs(found) < LARGEST:
        raise NotEvaluable(NO_NUMBER)
    return found


@contextmanager
def _as_checker(warehouse: Warehouse, schema: str) -> Iterator[Connection]:
    """A read-only session of the product's checker.

    SET ROLE would not do: a query can call set_config('role', …) and be the administrator again.
    The role may log in only while this session is opened, with a password nobody sees.
    """
    role = naming.checker_role(schema)
    with connected(warehouse) as keeper:
        lock(keeper, role)
        password = _open(warehouse, role)
        try:
            checker = _log_in(warehouse, role, password)
        finally:
            _shut(warehouse, role)
    with checker:
        checker.read_only = True
        yield checker


def _log_in(warehouse: Warehouse, role: str, password: str) -> Connection:
    try:
        return Connection.connect(
            warehouse.url,
            user=role,
            password=password,
            autocommit=True,
            connect_timeout=session.CONNECT_TIMEOUT_S,
            application_name="meshport checks",
        )
    except psycopg.OperationalError as error:
        raise TemporaryError("The role for quality queries could not log in.") from error


def _open(warehouse: Warehouse, role: str) -> str:
    password = secrets.token_urlsafe(logins.PASSWORD_BYTES)
    with connected(warehouse) as conn:
        until = value(conn, "SELECT now() + interval '1 minute'")
        with keepers.acting_for(conn, role):
            session.run(
                conn,
                "ALTER ROLE {role} LOGIN PASSWORD {verifier} VALID UNTIL {until}",
                role=sql.Identifier(role),
                verifier=sql.Literal(logins.scram(conn, role, password)),
                until=sql.Literal(until.isoformat()),
            )
    return password


def _shut(warehouse: Warehouse, role: str) -> None:
    with connected(warehouse) as conn, keepers.acting_for(conn, role):
        session.run(conn, SHUT, role=sql.Identifier(role))
