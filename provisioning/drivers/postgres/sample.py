"""Action `sample`: a few rows for the demonstration company, into empty tables only."""

from __future__ import annotations

from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from provisioning.drivers.postgres import found, schemas
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.found import FoundTable
from provisioning.drivers.postgres.session import lock, rows
from provisioning.drivers.postgres.specs import MAX_SAMPLE_ROWS
from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
)
from provisioning.drivers.wording import counted

DONE = ""  # marks that the step was done, whether a table needed rows or not
UNDONE = "The sample rows are removed."
# Which tables were filled by this action; only these are emptied again.
MARK = (
    "INSERT INTO meshport.portal_fence (resource, fence) VALUES (%(mark)s, %(fence)s)"
    " ON CONFLICT (resource) DO UPDATE SET fence = excluded.fence, changed_at = now()"
)


def plan(ctx: Context) -> list[PlannedEffect]:
    filled = _filled(ctx)
    return [
        PlannedEffect("rows", name, Change.KEEP if name in filled else Change.CREATE, UNDONE)
        for name in sorted(ctx.step.spec["rows"])
    ]


def observe(ctx: Context) -> Observed:
    filled = _filled(ctx)
    if DONE not in filled:
        return Observed(False, summary="No sample rows were loaded.")
    return _observed(filled, {})


def ensure(ctx: Context) -> Observed:
    schema = schemas.require_own_schema(ctx)
    sample: dict[str, list[dict[str, Any]]] = ctx.step.spec["rows"]
    if sum(map(len, sample.values())) > MAX_SAMPLE_ROWS:
        raise PermanentError(f"A sample has {MAX_SAMPLE_ROWS} rows at most.")
    lock(ctx.conn, schema)
    mine = found.own(found.tables_in(ctx.conn, schema), ctx.step.instance_id)
    loaded: dict[str, int] = {}
    for source, records in sample.items():
        if source not in mine:
            raise PermanentError(f"There is no table for “{source[:60]}”.")
        table = sql.Identifier(schema, mine[source].name)
        if records and not found.has_rows(ctx.conn, table):
            _copy(ctx, table, mine[source], records)
            ctx.conn.execute(MARK, {"mark": _mark(ctx, source), "fence": ctx.fence})
            loaded[source] = len(records)
            ctx.log("info", f"{len(records)} sample rows loaded into {mine[source].name}.")
    ctx.conn.execute(MARK, {"mark": _mark(ctx, DONE), "fence": ctx.fence})
    return _observed(_filled(ctx), loaded)


def remove(ctx: Context) -> None:
    schema = schemas.name_of(ctx.step)
    lock(ctx.conn, schema)
    mine = found.own(found.tables_in(ctx.conn, schema), ctx.step.instance_id)
    for source in _filled(ctx):
        if source in mine:
            table = sql.Identifier(schema, mine[source].name)
            ctx.conn.execute(sql.SQL("TRUNCATE TABLE {}").format(table))
        ctx.conn.execute(
            "DELETE FROM meshport.portal_fence WHERE resource = %(mark)s",
            {"mark": _mark(ctx, source)},
        )


def _copy(
    ctx: Context, table: sql.Identifier, known: FoundTable, records: list[dict[str, Any]]
) -> None:
    sources = sorted({key for record in records for key in record})
    unknown = [source for source in sources if source not in known.columns]
    if unknown:
        raise PermanentError(f"{known.name} has no column for “{unknown[0][:60]}”.")
    columns = [known.columns[source] for source in sources]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        table, sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    )
    with ctx.conn.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            copy.write_row(
                [_cell(record.get(s), c.type) for s, c in zip(sources, columns, strict=True)]
            )


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return None
    return Jsonb(value) if kind == "jsonb" or isinstance(value, dict | list) else value


def _mark(ctx: Context, source: str) -> str:
    return f"sample:{ctx.step.instance_id}:{source}"


def _filled(ctx: Context) -> dict[str, int]:
    """`{object: fence}` of the tables that this action has filled."""
    prefix = _mark(ctx, "")
    if not rows(ctx.conn, "SELECT 1 WHERE to_regclass('meshport.portal_fence') IS NOT NULL"):
        return {}
    marks = rows(
        ctx.conn,
        "SELECT resource, fence FROM meshport.portal_fence WHERE starts_with(resource, %(p)s)",
        {"p": prefix},
    )
    return {resource.removeprefix(prefix): fence for resource, fence in marks}


def _observed(filled: dict[str, int], loaded: dict[str, int]) -> Observed:
    effects = tuple(
        EffectRecord(
            "rows",
            source,
            {"change": Change.CREATE if source in loaded else Change.KEEP},
        )
        for source in filled
        if source != DONE
    )
    return Observed(
        True,
        fence=min(filled.values(), default=None),
        summary=f"Sample rows in {counted(len(effects), 'table')}",
        effects=effects,
        attributes={"loaded": loaded},
    )


SAMPLE = Action(plan, observe, ensure, remove)
