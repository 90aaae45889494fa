"""Quality rules, evaluated read-only: rules share passes, a team's own queries stand apart."""

from __future__ import annotations

import time

from psycopg import sql

from provisioning.drivers.postgres import labels, measure_queries, naming, schemas, session
from provisioning.drivers.postgres.action import Context
from provisioning.drivers.postgres.measure_rows import Passes, Sample
from provisioning.drivers.postgres.rules import rule_of
from provisioning.drivers.postgres.rules_sql import Column, Shape
from provisioning.drivers.postgres.session import Connection, Warehouse, rows, run, value
from provisioning.drivers.protocol import Measurement, PermanentError, Step
from provisioning.drivers.wording import counted

BUDGET_S = 50  # a measurement ends within 60 s; rules that do not fit are not evaluated

COLUMNS = """
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)
FROM pg_attribute a
WHERE a.attrelid = to_regclass(%(t)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
# Where several columns are one key, an empty one would make twins that the index lets in.
UNIQUE = """
SELECT (SELECT array_agg(a.attname::text ORDER BY a.attname COLLATE "C") FROM pg_attribute a
    WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey))
FROM pg_index i
WHERE i.indrelid = to_regclass(%(t)s) AND i.indisunique AND i.indisvalid AND i.indimmediate
    AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
    AND (i.indnkeyatts = 1 OR NOT EXISTS (SELECT 1 FROM pg_attribute a
        WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) AND NOT a.attnotnull))
"""
# What was never analyzed is guessed by its size.
ESTIMATE = """
SELECT coalesce(
    sum(CASE WHEN reltuples >= 0 THEN reltuples ELSE pg_relation_size(oid) / 100 END), 0)
FROM pg_class WHERE relkind IN ('r', 'm')
    AND oid IN (SELECT relid FROM pg_partition_tree(to_regclass(%(t)s))
        UNION SELECT to_regclass(%(t)s))
"""


def measure(warehouse: Warehouse, step: Step) -> Measurement:
    """Every rule gets a result; those that cannot be evaluated say why.

    Raises:
        PermanentError: the product's schema or table is not there.
        TemporaryError: the warehouse is busy or cannot be reached.
    """
    ends_at = time.monotonic() + BUDGET_S
    rules = [rule_of(each) for each in step.spec["rules"]]
    sample = Sample.of(step.spec.get("sample"))
    with session.looking(warehouse) as conn:
        ctx = Context(conn, step, warehouse)
        schema = schemas.require_own_schema(ctx)
        shape = shape_of(conn, schema, step.spec["table"])
        estimate = int(value(conn, ESTIMATE, {"t": shape.place.as_string(conn)}))
        measured_at = value(conn, "SELECT now()")
        run(conn, "SET LOCAL ROLE {role}", role=sql.Identifier(naming.reader_role(schema)))
        conn.answer_s = session.ANSWER_S
        passes = Passes(conn, shape, estimate, sample, ends_at)
        passes.run([rule for rule in rules if not rule.is_query])
    queries = [rule for rule in rules if rule.is_query]
    place = measure_queries.Place(schema, step.spec["table"], shape)
    results = passes.results | measure_queries.run(warehouse, place, queries, ends_at)
    done = sum(result.passed is not None for result in results.values())
    about = "" if passes.total is None else f" of {passes.total:,} rows"
    over = f"{'1 pass' if passes.number == 1 else f'{passes.number} passes'}{about}"
    step.log("info", "postgres", f"{done} of {counted(len(rules), 'rule')} evaluated, {over}.")
    return Measurement(
        tuple(results[rule.id] for rule in rules), passes.total, measured_at, passes.number
    )


def shape_of(conn: Connection, schema: str, table: str) -> Shape:
    """The table as the catalogue of the server has it.

    Raises:
        PermanentError: the schema has no such table.
    """
    place = sql.Identifier(schema, table)
    where = {"t": place.as_string(conn)}
    found: dict[str, Column] = {}
    own: dict[str, Column] = {}
    for name, kind, comment in rows(conn, COLUMNS, where):
        own[name] = Column(name, kind)
        found[labels.read_source(comment) or name] = own[name]
    if not own:
        raise PermanentError(f"The schema {schema} has no table {table}.")
    unique = frozenset(tuple(names) for (names,) in rows(conn, UNIQUE, where))
    return Shape(place, {**own, **found}, unique)
