"""Action `schema`: one schema per instance, labelled."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from provisioning.drivers.postgres import labels, naming
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.labels import Label
from provisioning.drivers.postgres.session import Connection, run, value
from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
)

UNDONE = "The schema is dropped once it is empty."


def name_of(step: Step) -> str:
    return naming.schema_name(step.spec["slug"], step.instance_id)


def exists(conn: Connection, schema: str) -> bool:
    return bool(value(conn, "SELECT 1 FROM pg_namespace WHERE nspname = %(s)s", {"s": schema}))


def label_of(conn: Connection, schema: str) -> Label | None:
    return labels.read(
        value(
            conn,
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %(s)s",
            {"s": schema},
        )
    )


def is_ours(conn: Connection, schema: str, instance_id: UUID) -> bool:
    label = label_of(conn, schema)
    return label is not None and label.instance_id == instance_id


def require_own_schema(ctx: Context) -> str:
    """The step's schema.

    Raises:
        PermanentError: it is not there, or somebody else made it.
    """
    schema = name_of(ctx.step)
    if not is_ours(ctx.conn, schema, ctx.step.instance_id):
        raise PermanentError(f"The schema {schema} of this product is not there.")
    return schema


def plan(ctx: Context) -> list[PlannedEffect]:
    schema = name_of(ctx.step)
    change = Change.KEEP if exists(ctx.conn, schema) else Change.CREATE
    return [PlannedEffect("schema", schema, change, UNDONE)]


def observe(ctx: Context) -> Observed:
    schema = name_of(ctx.step)
    label = label_of(ctx.conn, schema)
    if label is None or label.instance_id != ctx.step.instance_id:
        return Observed(False, summary=f"There is no schema {schema} of ours.")
    return _found(schema, label.fence, Change.KEEP)


def ensure(ctx: Context) -> Observed:
    schema = name_of(ctx.step)
    there = exists(ctx.conn, schema)
    if there and not is_ours(ctx.conn, schema, ctx.step.instance_id):
        raise PermanentError(f"A schema {schema} that the portal did not make is in the way.")
    if not there:
        run(ctx.conn, "CREATE SCHEMA {schema}", schema=sql.Identifier(schema))
    text = labels.comment(
        ctx.step.spec.get("description") or "", Label(ctx.step.instance_id, ctx.fence)
    )
    run(
        ctx.conn,
        "COMMENT ON SCHEMA {schema} IS {text}",
        schema=sql.Identifier(schema),
        text=sql.Literal(text),
    )
    ctx.log("info", f"Schema {schema} {'was there already' if there else 'created'}.")
    return _found(schema, ctx.fence, Change.KEEP if there else Change.CREATE)


def remove(ctx: Context) -> None:
    schema = name_of(ctx.step)
    if not is_ours(ctx.conn, schema, ctx.step.instance_id):
        return
    run(ctx.conn, "DROP SCHEMA {schema} RESTRICT", schema=sql.Identifier(schema))
    ctx.log("info", f"Schema {schema} dropped.")


def _found(schema: str, fence: int, change: Change) -> Observed:
    return Observed(
        True,
        fence=fence,
        summary=f"Schema {schema}",
        effects=(EffectRecord("schema", schema, {"change": change}),),
        attributes={"schema": schema},
    )


SCHEMA = Action(plan, observe, ensure, remove)
