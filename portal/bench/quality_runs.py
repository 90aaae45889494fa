"""Checks of one large table: as few passes as there are groups of rules, beside hand-written SQL.

The table stands in the warehouse for the run only. Times are medians; a floor is the same work as
somebody would write it by hand, in one statement, and as plain a pass as there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from django.conf import settings
from psycopg import sql

from portal.bench.core import Result
from provisioning.drivers import registry
from provisioning.drivers.postgres import naming
from provisioning.drivers.protocol import Driver, Measurement, Step

ROWS, RULES, TAKES = 1_000_000, 200, 3
SLUG, TABLE = "bench-quality", "orders"
COLUMNS = {
    "id": "integer",
    "customer": "integer",
    "email": "string",
    "country": "string",
    "amount": "number",
    "note": "string",
    "at": "timestamp",
}
FILL: LiteralString = """
INSERT INTO {t} (id, customer, email, country, amount, note, at)
SELECT n, n / 2, CASE WHEN n % 1000 = 0 THEN NULL ELSE 'person' || n || '@example.org' END,
    (ARRAY['SE', 'NO', 'DK', 'FI', 'xx'])[n % 5 + 1], n % 997, repeat('x', n % 40),
    now() - n * interval '1 second'
FROM generate_series(1, {n}) AS n
"""
TWINS: dict[str, LiteralString] = {  # three ways to count them in two sets of columns
    "count(DISTINCT …) in the shared pass": """
SELECT count(*) FILTER (WHERE email IS NULL), count(customer) - count(DISTINCT customer),
    count(*) - count(DISTINCT ROW(country, amount)) FROM {t}
""",
    "a pass with GROUP BY for each set": """
SELECT (SELECT count(*) FILTER (WHERE email IS NULL) FROM {t}),
    (SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM {t} GROUP BY customer) AS g),
    (SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM {t} GROUP BY country, amount) AS g)
""",
    "one pass with GROUPING SETS, and the shared one": """
SELECT (SELECT count(*) FILTER (WHERE email IS NULL) FROM {t}),
    sum(n - 1) FILTER (WHERE g = 3), sum(n - 1) FILTER (WHERE g = 4)
FROM (SELECT count(*) AS n, grouping(customer, country, amount) AS g FROM {t}
    GROUP BY GROUPING SETS ((customer), (country, amount))) AS s
""",
}


def run(rows: int = ROWS, rules: int = RULES, takes: int = TAKES) -> Result:
    """Measure in the built-in warehouse, which holds the table for the run only."""
    asked = list(rules_of(rules))
    with table(rows) as (driver, step, conn, place):
        step = Step(step.action, step.instance_id, {**step.spec, "rules": asked}, step.log)
        found: list[Measurement] = []
        whole = _ms(lambda: found.append(driver.measure(step)), takes)
        by_hand = _ms(lambda: conn.execute(_by_hand(asked, place)), takes)
        count = _ms(lambda: conn.execute(sql.SQL("SELECT count(*) FROM {}").format(place)), takes)
        twins = {
            name: round(_ms(lambda text=text: conn.execute(_of(text, place)), takes), 1)  # type: ignore[misc]
            for name, text in TWINS.items()
        }
    evaluated = sum(each.passed is not None for each in found[-1].results)
    groups = 1 + sum(each["metric"] == "duplicateValues" and each["id"] != "key" for each in asked)
    extra: dict[str, Any] = {
        "rules evaluated": f"{evaluated} of {len(asked)}",
        "groups of rules": groups,
        "passes over the table": found[-1].passes,
        "the run, ms": round(whole, 1),
        "floor: the same by hand in one statement, ms": round(by_hand, 1),
        "run × by hand": round(whole / by_hand, 2),
        "floor: count(*), ms": round(count, 1),
        "run × count(*)": round(whole / count, 1),
        "ways to look for duplicates in two sets of columns, ms": twins,
    }
    size = {"rows": rows, "rules": len(asked), "takes": takes}
    return Result("quality-runs", size, extra=extra)


def rules_of(number: int) -> Iterator[dict[str, Any]]:
    """`number` rules as contracts state them: most about single rows, three about duplicates."""
    yield _rule("key", "duplicateValues", "id")
    yield _rule("customer", "duplicateValues", "customer")
    yield _rule("pair", "duplicateValues", "country", "amount")
    yield _rule("rows", "rowCount", operator="mustBeGreaterThan")
    yield _rule("fresh", "age", "at", threshold=9e9, unit="seconds")
    kinds: list[tuple[str, str, Callable[[int], dict[str, Any]]]] = [
        ("nullValues", "email", lambda _n: {}),
        ("missingValues", "note", lambda n: {"missingValues": [None, "x" * (n % 40)]}),
        ("invalidValues", "country", lambda n: {"validValues": ["SE", "NO", "DK", f"{n}"]}),
        ("invalidValues", "email", lambda n: {"pattern": f"^person[0-9]{{1,{n % 9 + 1}}}@"}),
        ("invalidValues", "amount", lambda n: {"minimum": n, "maximum": n + 900}),
        ("invalidValues", "note", lambda n: {"maxLength": n % 40}),
    ]
    for n in range(number - 5):
        metric, column, arguments = kinds[n % len(kinds)]
        yield _rule(f"r{n}", metric, column, arguments=arguments(n))


def _rule(pk: str, metric: str, *columns: str, **more: Any) -> dict[str, Any]:
    limit = {"operator": "mustBeLessOrEqualTo", "threshold": 0, "unit": "rows"}
    return {"id": pk, "metric": metric, "columns": list(columns), **limit, **more}


@contextmanager
def table(
    rows: int,
) -> Iterator[tuple[Driver, Step, psycopg.Connection[Any], sql.Identifier]]:
    """A product's table with that many rows, made and taken away by the driver."""
    driver, instance_id, fence = registry.get_driver("postgres"), uuid4(), 0
    described = {
        "name": TABLE,
        "properties": [
            {"name": name, "logical_type": kind, "primary_key": name == "id"}
            for name, kind in COLUMNS.items()
        ],
    }
    specs: dict[str, dict[str, Any]] = {
        "schema": {"slug": SLUG},
        "tables": {"slug": SLUG, "objects": [described]},
        "roles": {"slug": SLUG},
    }
    place = sql.Identifier(naming.schema_name(SLUG, instance_id), TABLE)
    try:
        for action, spec in specs.items():
            fence += 1
            driver.ensure(_step(action, instance_id, spec), effect_key=action, fence=fence)
        with psycopg.connect(settings.WAREHOUSE_URL, autocommit=True) as conn:
            conn.execute(sql.SQL(FILL).format(t=place, n=sql.Literal(rows)))
            conn.execute(sql.SQL("VACUUM ANALYZE {}").format(place))
            yield driver, _step("measure", instance_id, {"slug": SLUG, "table": TABLE}), conn, place
    finally:
        for action in reversed(specs):
            fence += 1
            step = _step(action, instance_id, specs[action])
            driver.ensure_absent(step, effect_key=f"-{action}", fence=fence)


def _step(action: str, instance_id: Any, spec: dict[str, Any]) -> Step:
    return Step(action, instance_id, spec, lambda *_: None)


def _by_hand(asked: list[dict[str, Any]], place: sql.Identifier) -> sql.Composed:
    """What somebody would write: one pass, duplicates with count(DISTINCT …)."""
    columns = [sql.SQL("count(*)")]
    for each in asked:
        names = [sql.Identifier(name) for name in each["columns"]]
        columns.append(_column_by_hand(each, names))  # type: ignore[arg-type]
    return sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(columns), place)


def _column_by_hand(rule: dict[str, Any], names: list[sql.Identifier]) -> sql.Composable:
    given = rule.get("arguments", {})
    values: dict[str, Any] = {
        "v": sql.Literal(next(iter(given.values()), None)),
        "w": sql.Literal(given.get("maximum")),
        "c": sql.SQL(", ").join(names),
    }
    texts: dict[str, LiteralString] = {
        "rowCount": "0",
        "age": "max({c})",
        "nullValues": "count(*) FILTER (WHERE {c} IS NULL)",
        "missingValues": "count(*) FILTER (WHERE {c} IS NULL OR {c} = ANY({v}))",
        "duplicateValues": "count(*) - count(DISTINCT ({c}))",
        "validValues": "count(*) FILTER (WHERE {c} <> ALL({v}))",
        "pattern": "count(*) FILTER (WHERE {c} !~ {v})",
        "minimum": "count(*) FILTER (WHERE {c} < {v} OR {c} > {w})",
        "maxLength": "count(*) FILTER (WHERE length({c}) > {v})",
    }
    kind = rule["metric"] if rule["metric"] != "invalidValues" else next(iter(given))
    return sql.SQL(texts[kind]).format(**values)


def _of(text: LiteralString, place: sql.Identifier) -> sql.Composed:
    return sql.SQL(text).format(t=place)


def _ms(work: Callable[[], object], takes: int) -> float:
    """Median of so many, after one that warms up."""
    work()
    times = []
    for _ in range(takes):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)
