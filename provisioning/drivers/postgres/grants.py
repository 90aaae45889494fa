"""Action `grant`: one role without login per grant, with SELECT on the port's tables only."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from provisioning.drivers.postgres import identities, naming, schemas
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.session import Connection, lock, rows, run
from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
)
from provisioning.drivers.wording import counted

UNDONE = "The consumer's sessions end and its logins and rights are gone at once."


def plan(ctx: Context) -> list[PlannedEffect]:
    role = naming.grant_role(ctx.step.instance_id)
    if identities.find(ctx.conn, role) is None:
        return [PlannedEffect("grant", role, Change.CREATE, UNDONE)]
    same = _granted(ctx.conn, role, ctx.step.spec["schema"]) == sorted(set(ctx.step.spec["tables"]))
    return [PlannedEffect("grant", role, Change.KEEP if same else Change.UPDATE, UNDONE)]


def observe(ctx: Context) -> Observed:
    role = naming.grant_role(ctx.step.instance_id)
    found = identities.find(ctx.conn, role)
    logins = logins_of(ctx)
    if not identities.is_own(ctx, found) and not logins:
        return Observed(False, summary="Nothing is granted.")
    fence = found.label.fence if found is not None and found.label is not None else None
    tables = _granted(ctx.conn, role, ctx.step.spec["schema"]) if found is not None else []
    return _found(ctx, fence, tables, Change.KEEP, {"logins": logins})


def ensure(ctx: Context) -> Observed:
    schema = ctx.step.spec["schema"]
    wanted = sorted(set(ctx.step.spec["tables"]))
    role = naming.grant_role(ctx.step.instance_id)
    lock(ctx.conn, role)
    lock(ctx.conn, schema)
    _require_tables(ctx.conn, schema, wanted)
    change = identities.ensure_role(ctx, role)
    granted = _granted(ctx.conn, role, schema)
    who, where = sql.Identifier(role), sql.Identifier(schema)
    run(ctx.conn, "GRANT USAGE ON SCHEMA {s} TO {r}", s=where, r=who)
    for table in sorted(set(granted) - set(wanted)):
        run(ctx.conn, "REVOKE ALL ON {t} FROM {r}", t=sql.Identifier(schema, table), r=who)
    for table in sorted(set(wanted) - set(granted)):
        run(ctx.conn, "GRANT SELECT ON {t} TO {r}", t=sql.Identifier(schema, table), r=who)
    if change == Change.KEEP and granted != wanted:
        change = Change.UPDATE
    ctx.log("info", f"SELECT on {counted(len(wanted), 'table')} of {schema} granted to {role}.")
    return _found(ctx, ctx.fence, wanted, change, {})


def close(ctx: Context) -> None:
    identities.close_logins(ctx, logins_of(ctx))


def remove(ctx: Context) -> None:
    role = naming.grant_role(ctx.step.instance_id)
    lock(ctx.conn, role)
    lock(ctx.conn, ctx.step.spec["schema"])
    found = identities.find(ctx.conn, role)
    own = [role] if identities.is_own(ctx, found) else []
    identities.drop_roles(ctx, [*logins_of(ctx), *own])


def logins_of(ctx: Context) -> list[str]:
    """Every login that was made for this grant, member of its role or not (any more)."""
    found = rows(
        ctx.conn,
        "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %(p)s) ORDER BY rolname",
        {"p": naming.login_prefix(ctx.step.instance_id)},
    )
    roles = [identities.find(ctx.conn, row[0]) for row in found]
    return [role.name for role in roles if role is not None and identities.is_own(ctx, role)]


def _require_tables(conn: Connection, schema: str, wanted: list[str]) -> None:
    if schemas.label_of(conn, schema) is None:
        raise PermanentError(f"The portal has no schema {schema} there.")
    found = rows(
        conn,
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%(s)s)"
        " AND relkind IN ('r', 'p', 'v', 'm')",
        {"s": schema},
    )
    missing = sorted(set(wanted) - {row[0] for row in found})
    if missing:
        raise PermanentError(f"The schema {schema} has no table {', '.join(missing[:5])}.")


def _granted(conn: Connection, role: str, schema: str) -> list[str]:
    """The tables of the schema on which the role itself has any right, sorted."""
    found = rows(
        conn,
        "SELECT DISTINCT c.relname FROM pg_class c, aclexplode(c.relacl) a, pg_roles r"
        " WHERE c.relnamespace = to_regnamespace(%(s)s) AND r.oid = a.grantee"
        " AND r.rolname = %(r)s ORDER BY 1",
        {"s": schema, "r": role},
    )
    return [row[0] for row in found]


def _found(
    ctx: Context, fence: int | None, tables: list[str], change: Change, more: dict[str, Any]
) -> Observed:
    role = naming.grant_role(ctx.step.instance_id)
    schema = ctx.step.spec["schema"]
    return Observed(
        True,
        fence=fence,
        summary=f"{role} may read {counted(len(tables), 'table')} of {schema}",
        effects=(EffectRecord("grant", role, {"change": change, "tables": tables}),),
        attributes={"role": role, "schema": schema, "tables": tables, **more},
    )


GRANT = Action(plan, observe, ensure, remove, close)
