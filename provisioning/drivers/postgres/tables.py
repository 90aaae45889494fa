"""Action `tables`: the tables of a contract, made and later altered without losing data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import errors, sql

from provisioning.drivers.postgres import changes, found, naming, schemas, specs
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.changes import Alteration
from provisioning.drivers.postgres.found import FoundTable
from provisioning.drivers.postgres.labels import Label
from provisioning.drivers.postgres.session import lock, run
from provisioning.drivers.protocol import Change, EffectRecord, Observed, PlannedEffect
from provisioning.drivers.wording import DONE, counted

CREATED_UNDONE = "The table is dropped with its rows."
ALTERED_UNDONE = "Stays: the values in it would be lost."
KEPT_UNDONE = "Nothing to undo."


@dataclass(frozen=True)
class Work:
    """One object of the contract, the names it gets, and what must change for it."""

    name: str
    table: specs.Table
    columns: dict[str, str]  # {property: column}
    alterations: list[Alteration]


def plan(ctx: Context) -> list[PlannedEffect]:
    effects = []
    for work in _work(ctx):
        if not work.alterations:
            effects.append(PlannedEffect("table", work.name, Change.KEEP, KEPT_UNDONE))
        for each in work.alterations:
            undone = CREATED_UNDONE if each.kind == "table" else ALTERED_UNDONE
            effects.append(PlannedEffect(each.kind, each.name, each.change, undone))
    return effects


def observe(ctx: Context) -> Observed:
    mine = _mine(ctx)
    if not mine:
        return Observed(False, summary="No table of this product is there.")
    effects = tuple(
        EffectRecord("table", table.name, {"change": Change.KEEP}) for table in mine.values()
    )
    return _observed(ctx, effects, [])


def ensure(ctx: Context) -> Observed:
    schema = schemas.require_own_schema(ctx)
    lock(ctx.conn, schema)
    effects, warnings = [], []
    for work in _work(ctx):
        warnings += [warning for each in work.alterations if (warning := _apply(ctx, each))]
        warnings += [f"{work.name}: {c.warning}" for c in work.table.columns if c.warning]
        _comment(ctx, work)
        effects += _records(work)
        ctx.log("info", _words(work))
    warnings += _left(ctx)
    for warning in warnings:
        ctx.log("warning", warning)
    return _observed(ctx, tuple(effects), warnings)


def remove(ctx: Context) -> None:
    schema = schemas.name_of(ctx.step)
    lock(ctx.conn, schema)
    for table in _mine(ctx).values():
        run(ctx.conn, "DROP TABLE {table}", table=sql.Identifier(schema, table.name))
        ctx.log("info", f"Table {table.name} dropped.")


def _work(ctx: Context) -> list[Work]:
    schema = schemas.name_of(ctx.step)
    there = found.tables_in(ctx.conn, schema)
    mine = found.own(there, ctx.step.instance_id)
    wanted = specs.tables_of(ctx.step.spec)
    names = naming.allocate(
        (table.source for table in wanted),
        prefix="t",
        taken={source: table.name for source, table in mine.items()},
        used={table.name for table in there},
    )
    return [
        _work_on(ctx, schema, names[each.source], each, mine.get(each.source)) for each in wanted
    ]


def _work_on(
    ctx: Context, schema: str, name: str, table: specs.Table, there: FoundTable | None
) -> Work:
    columns = changes.column_names(table, there)
    if there is None:
        return Work(name, table, columns, changes.create_table(schema, name, table))

    def has_rows(each: sql.Identifier) -> bool:
        return found.has_rows(ctx.conn, each)

    return Work(name, table, columns, changes.alter_table(schema, there, table, has_rows))


def _apply(ctx: Context, alteration: Alteration) -> str:
    """Execute it; the warning when a wish cannot be fulfilled with the rows that are there."""
    if not alteration.wish:
        ctx.conn.execute(alteration.statement)
        return ""
    try:
        with ctx.conn.transaction():
            ctx.conn.execute(alteration.statement)
    except errors.IntegrityError:
        return alteration.wish
    return ""


def _comment(ctx: Context, work: Work) -> None:
    label = Label(ctx.step.instance_id, ctx.fence, work.table.source)
    schema = schemas.name_of(ctx.step)
    for statement in changes.comments(schema, work.name, work.table, work.columns, label):
        ctx.conn.execute(statement)


def _left(ctx: Context) -> list[str]:
    wanted = {table.source for table in specs.tables_of(ctx.step.spec)}
    return [
        f"{table.name} is not in the contract any more; it stays with its rows"
        for source, table in _mine(ctx).items()
        if source not in wanted
    ]


def _mine(ctx: Context) -> dict[str, FoundTable]:
    there = found.tables_in(ctx.conn, schemas.name_of(ctx.step))
    return found.own(there, ctx.step.instance_id)


def _observed(ctx: Context, effects: tuple[EffectRecord, ...], warnings: list[str]) -> Observed:
    mine = _mine(ctx)
    tables: dict[str, Any] = {
        source: {"table": table.name, "columns": table.names()} for source, table in mine.items()
    }
    first = ", ".join(sorted(table.name for table in mine.values())[:5])
    return Observed(
        True,
        fence=min(table.label.fence for table in mine.values() if table.label is not None),
        summary=f"{counted(len(mine), 'table')}: {first}",
        effects=effects,
        attributes={
            "schema": schemas.name_of(ctx.step),
            "tables": tables,
            "warnings": warnings,
        },
    )


def _records(work: Work) -> list[EffectRecord]:
    if not work.alterations:
        return [EffectRecord("table", work.name, {"change": Change.KEEP})]
    return [EffectRecord(a.kind, a.name, {"change": a.change}) for a in work.alterations]


def _words(work: Work) -> str:
    if not work.alterations:
        return f"Table {work.name}: nothing to change."
    done = [f"{each.kind} {each.name} {DONE[each.change]}" for each in work.alterations[:20]]
    text = ", ".join(done)
    return f"{text[0].upper()}{text[1:]}."


TABLES = Action(plan, observe, ensure, remove)
