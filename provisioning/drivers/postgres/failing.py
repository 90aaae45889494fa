"""What breaks a rule: a few keys, read with a grant's rights; and a rule as a query."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg import errors, sql

from provisioning.drivers.postgres import measure_queries, naming, peeking, schemas
from provisioning.drivers.postgres.action import Context
from provisioning.drivers.postgres.measure import shape_of
from provisioning.drivers.postgres.rules import NotEvaluable, Rule, rule_of
from provisioning.drivers.postgres.rules_sql import Column, Shape, broken, own_columns, readable
from provisioning.drivers.postgres.session import Connection, run
from provisioning.drivers.protocol import Json, PermanentError, Rows, TemporaryError

PATIENCE = "8s"
TIMES = "rows"  # the column that says how often a value is there


def failing(
    conn: Connection,
    grant_id: UUID,
    schema: str,
    table: str,
    rule: Json,
    keys: Sequence[str],
    limit: int,
) -> Rows:
    """Up to `limit` rows that break a rule: their keys, and the columns the rule is about.

    Of values that are there twice: each value, and how often.

    Args:
        keys: properties of the contract that tell rows apart; () where it names none.

    Raises:
        PermanentError: the grant does not show them, or no single row breaks such a rule.
        TemporaryError: it took longer than eight seconds.
    """
    held = peeking.require_opened(conn, grant_id, schema, table)
    shape, asked = shape_of(conn, schema, table), rule_of(rule)
    try:
        about = own_columns(asked, shape)
        hidden = [each.name for each in about if held.columns and each.name not in held.columns]
        if hidden:
            raise PermanentError(f"Your access does not include {hidden[0]}.")
        shown = about if asked.is_duplicates else _shown(shape, keys, about, held.columns)
        make = _twins if asked.is_duplicates else _rows
        query = make(asked, shown, shape, limit)
    except NotEvaluable as problem:
        raise PermanentError(str(problem)) from None
    run(conn, "SET LOCAL statement_timeout = {t}", t=sql.Literal(PATIENCE))
    run(conn, "SET LOCAL ROLE {r}", r=sql.Identifier(naming.grant_role(grant_id)))
    try:
        values = conn.execute(query).fetchall()
    except errors.QueryCanceled as error:
        raise TemporaryError("The warehouse took too long to find rows.") from error
    names = [each.name for each in shown] + ([TIMES] if asked.is_duplicates else [])
    return Rows(tuple(names), tuple(tuple(map(peeking.short, row)) for row in values))


def statement(ctx: Context, rule: Json) -> str:
    """The query that answers a rule, to be run by whoever may read the table.

    Raises:
        PermanentError: the schema or the table is not there, or the rule cannot be evaluated.
    """
    schema = schemas.require_own_schema(ctx)
    table = ctx.step.spec["table"]
    shape, asked = shape_of(ctx.conn, schema, table), rule_of(rule)
    try:
        if asked.is_query:
            return measure_queries.placed(asked, measure_queries.Place(schema, table, shape))
        return readable(asked, shape).as_string(ctx.conn)
    except NotEvaluable as problem:
        raise PermanentError(str(problem)) from None


def _shown(
    shape: Shape, keys: Sequence[str], about: Sequence[Column], visible: Sequence[str]
) -> list[Column]:
    found = [shape.columns[name] for name in keys if name in shape.columns]
    allowed = [each for each in found if not visible or each.name in visible]
    return list({each.name: each for each in (*allowed, *about)}.values())


def _rows(rule: Rule, shown: Sequence[Column], shape: Shape, limit: int) -> sql.Composed:
    return sql.SQL("SELECT {c} FROM {t} WHERE {b} LIMIT {n}").format(
        c=_texts(shown), t=shape.place, b=broken(rule, shape), n=sql.Literal(limit)
    )


def _twins(_rule: Rule, about: Sequence[Column], shape: Shape, limit: int) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(each.name) for each in about)
    return sql.SQL(
        "SELECT {c}, count(*)::text FROM {t} WHERE num_nonnulls({g}) > 0 GROUP BY {g}"
        " HAVING count(*) > 1 ORDER BY count(*) DESC LIMIT {n}"
    ).format(c=_texts(about), g=names, t=shape.place, n=sql.Literal(limit))


def _texts(columns: Sequence[Column]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(each.name)) for each in columns
    )
