"""Quality rules, evaluated read-only: one pass over the table, and a team's own queries apart."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import psycopg
from psycopg import errors, sql

from provisioning.drivers.postgres import found, logins, naming, schemas, session
from provisioning.drivers.postgres.action import Context
from provisioning.drivers.postgres.roles import SHUT
from provisioning.drivers.postgres.rules import NotEvaluable, Rule, bad_rows, rule_of
from provisioning.drivers.postgres.session import Connection, Warehouse, connected, lock, run, value
from provisioning.drivers.protocol import (
    Measurement,
    PermanentError,
    RuleResult,
    Step,
    TemporaryError,
)

BUDGET_S = 45  # a measurement ends within 60 s; rules that do not fit are not evaluated
PASS_TIMEOUT_MS = 20_000
RULE_TIMEOUT_MS = 8_000
NO_TIME = "There was no time left for it."
RULE_ERRORS = (errors.DataError, errors.ProgrammingError, errors.QueryCanceled)
PLACEHOLDERS = ("${%s}", "{%s}")  # ODCS examples write both


def measure(warehouse: Warehouse, step: Step) -> Measurement:
    ends_at = time.monotonic() + BUDGET_S
    rules = [rule_of(each) for each in step.spec["rules"]]
    with session.looking(warehouse) as conn:
        ctx = Context(conn, step, warehouse)
        schema = schemas.require_own_schema(ctx)
        columns = _columns(ctx, schema)
        measured_at = value(conn, "SELECT now()")
        run(conn, "SET LOCAL ROLE {role}", role=sql.Identifier(naming.reader_role(schema)))
        conn.answer_s = session.ANSWER_S
        _limit(conn, PASS_TIMEOUT_MS)
        library = [rule for rule in rules if not rule.is_query]
        total, results = _library(ctx, schema, columns, library, ends_at)
    results |= _queries(warehouse, step, schema, [r for r in rules if r.is_query], ends_at)
    done = sum(result.passed is not None for result in results.values())
    step.log("info", "postgres", f"{done} of {len(rules)} rules evaluated over {total} rows.")
    return Measurement(tuple(results[rule.id] for rule in rules), total, measured_at)


def _columns(ctx: Context, schema: str) -> frozenset[str]:
    tables = found.tables_in(ctx.conn, schema)
    for table in tables:
        if table.name == ctx.step.spec["table"]:
            return frozenset(column.name for column in table.columns.values())
    raise PermanentError(f"The schema {schema} has no table {ctx.step.spec['table']}.")


def _library(
    ctx: Context, schema: str, columns: frozenset[str], rules: list[Rule], ends_at: float
) -> tuple[int, dict[str, RuleResult]]:
    """The number of rows, and a result for each rule. One pass; one more per rule if that fails."""
    results: dict[str, RuleResult] = {}
    counts: dict[str, sql.Composable] = {}
    for rule in rules:
        try:
            counts[rule.id] = bad_rows(rule, columns)
        except NotEvaluable as problem:
            results[rule.id] = RuleResult(rule.id, None, error=str(problem))
    table = sql.Identifier(schema, ctx.step.spec["table"])
    try:
        total, bad = _count(ctx.conn, table, counts)
    except RULE_ERRORS:
        total, bad = _count(ctx.conn, table, {})
        _limit(ctx.conn, RULE_TIMEOUT_MS)
        bad = _count_apart(ctx.conn, table, counts, results, ends_at)
    for rule in rules:
        if rule.id in bad:
            results[rule.id] = _judged_rows(rule, total, bad[rule.id])
    return total, results


def _count(
    conn: Connection, table: sql.Identifier, counts: dict[str, sql.Composable]
) -> tuple[int, dict[str, int]]:
    columns = sql.SQL(", ").join([sql.SQL("count(*)"), *counts.values()])
    with conn.transaction():
        row = conn.execute(sql.SQL("SELECT {} FROM {}").format(columns, table)).fetchone()
    total, *bad = row or (0,)
    return total, dict(zip(counts, bad, strict=True))


def _count_apart(
    conn: Connection,
    table: sql.Identifier,
    counts: dict[str, sql.Composable],
    results: dict[str, RuleResult],
    ends_at: float,
) -> dict[str, int]:
    bad: dict[str, int] = {}
    for rule_id, count in counts.items():
        if time.monotonic() > ends_at:
            results[rule_id] = RuleResult(rule_id, None, error=NO_TIME)
            continue
        try:
            bad |= _count(conn, table, {rule_id: count})[1]
        except RULE_ERRORS as error:
            results[rule_id] = RuleResult(rule_id, None, error=str(session.translated(error)))
    return bad


def _judged_rows(rule: Rule, total: int, bad: int) -> RuleResult:
    try:
        return rule.judged_rows(total, bad)
    except NotEvaluable as problem:
        return RuleResult(rule.id, None, error=str(problem))


def _queries(
    warehouse: Warehouse, step: Step, schema: str, rules: list[Rule], ends_at: float
) -> dict[str, RuleResult]:
    if not rules:
        return {}
    results = {}
    with _as_checker(warehouse, schema) as conn:
        for rule in rules:
            if time.monotonic() > ends_at:
                results[rule.id] = RuleResult(rule.id, None, error=NO_TIME)
            else:
                results[rule.id] = _query(conn, rule, schema, step.spec["table"])
    return results


def _query(conn: Connection, rule: Rule, schema: str, table: str) -> RuleResult:
    """One query of a team; the extended protocol allows a single statement only."""
    try:
        with conn.transaction():
            _limit(conn, RULE_TIMEOUT_MS)
            written = sql.SQL(_placed(conn, rule, schema, table))
            row = conn.execute(written, prepare=True).fetchone()
        number = _number(row)
        return rule.judged(number, None, None)
    except NotEvaluable as problem:
        return RuleResult(rule.id, None, error=str(problem))
    except errors.QueryCanceled:
        return RuleResult(rule.id, None, error=f"It took longer than {RULE_TIMEOUT_MS // 1000} s.")
    except psycopg.Error as error:
        if conn.broken:
            raise
        return RuleResult(rule.id, None, error=str(session.translated(error)))


def _placed(conn: Connection, rule: Rule, schema: str, table: str) -> str:
    """The query with the names of the table and the column in it, quoted."""
    names = {"table": sql.Identifier(schema, table), "object": sql.Identifier(schema, table)}
    if rule.columns:
        names |= {"column": sql.Identifier(rule.columns[0])}
        names |= {"property": sql.Identifier(rule.columns[0])}
    text = rule.query.strip().rstrip(";")
    for name, identifier in names.items():
        for form in PLACEHOLDERS:
            text = text.replace(form % name, identifier.as_string(conn))
    return text


def _limit(conn: Connection, timeout_ms: int) -> None:
    """Statements take at most this long until the end of the transaction."""
    run(
        conn,
        "SELECT set_config('statement_timeout', {ms}, true)",
        ms=sql.Literal(str(timeout_ms)),
    )


def _number(row: tuple[object, ...] | None) -> float:
    value_ = row[0] if row else None
    if isinstance(value_, bool | int | float | Decimal):
        return float(value_)
    raise NotEvaluable("The query did not return a number in its first column.")


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
        run(
            conn,
            "ALTER ROLE {role} LOGIN PASSWORD {verifier} VALID UNTIL {until}",
            role=sql.Identifier(role),
            verifier=sql.Literal(logins.scram(conn, role, password)),
            until=sql.Literal(until.isoformat()),
        )
    return password


def _shut(warehouse: Warehouse, role: str) -> None:
    with connected(warehouse) as conn:
        run(conn, SHUT, role=sql.Identifier(role))
