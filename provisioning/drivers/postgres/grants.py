"""Action `grant`: one role without login per grant, with rights to the port's tables only.

`mode` read gives SELECT; write gives INSERT, UPDATE and DELETE besides, and nothing more.

`narrow` gives of a table only some columns, or only the rows that a filter keeps. `until` is when
every login of the grant ends; their passwords stay.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import sql

from provisioning.drivers.postgres import identities, logins, naming, narrowing, schemas
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

# Of a long list `aclexplode` would unpack the stored form once for each entry; what `||` gives is
# unpacked.
ENTERED = """
SELECT a.privilege_type, a.is_grantable
FROM pg_namespace n, aclexplode(n.nspacl || NULL::aclitem[]) a
WHERE n.nspname = %(s)s AND a.grantee = (SELECT oid FROM pg_roles WHERE rolname = %(r)s)
"""
UNDONE = "The consumer's sessions end and its logins and rights are gone at once."


def plan(ctx: Context) -> list[PlannedEffect]:
    role = naming.grant_role(ctx.step.instance_id)
    if identities.find(ctx.conn, role) is None:
        return [PlannedEffect("grant", role, Change.CREATE, UNDONE)]
    shall = {table: each.held for table, each in narrowing.wanted(ctx.step.spec).items()}
    held = narrowing.held(ctx.conn, role, ctx.step.spec["schema"])
    same = held == shall and _enters_only(ctx, role) and not _astray(ctx, role)
    return [PlannedEffect("grant", role, Change.KEEP if same else Change.UPDATE, UNDONE)]


def observe(ctx: Context) -> Observed:
    role = naming.grant_role(ctx.step.instance_id)
    found = identities.find(ctx.conn, role)
    named = logins_of(ctx)
    if not identities.is_own(ctx, found) and not named:
        return Observed(False, summary="Nothing is granted.")
    fence = found.label.fence if found is not None and found.label is not None else None
    tables = sorted(narrowing.held(ctx.conn, role, ctx.step.spec["schema"]))
    return _found(ctx, fence, tables, Change.KEEP, {"logins": named})


def ensure(ctx: Context) -> Observed:
    schema = ctx.step.spec["schema"]
    wanted = sorted(set(ctx.step.spec["tables"]))
    role = naming.grant_role(ctx.step.instance_id)
    lock(ctx.conn, role)
    lock(ctx.conn, schema)
    writes = ctx.step.spec.get("mode") == "write"
    _require_tables(ctx.conn, schema, wanted, writes=writes)
    change = identities.ensure_role(ctx, role)
    who, where = sql.Identifier(role), sql.Identifier(schema)
    entered = _enters_only(ctx, role)
    if not entered:
        run(ctx.conn, "REVOKE ALL ON SCHEMA {s} FROM {r}", s=where, r=who)
        run(ctx.conn, "GRANT USAGE ON SCHEMA {s} TO {r}", s=where, r=who)
    changed = narrowing.apply(ctx.conn, role, schema, narrowing.wanted(ctx.step.spec))
    late = _astray(ctx, role)
    for name in late:
        logins.open_until(ctx.conn, name, role, _until(ctx))
        ctx.log("info", f"Login {name} ends {_until(ctx):%Y-%m-%d}.")
    if change == Change.KEEP and (changed or late or not entered):
        change = Change.UPDATE
    rights = ", ".join(narrowing.WRITES if writes else narrowing.READS)
    ctx.log("info", f"{rights} on {counted(len(wanted), 'table')} of {schema} granted to {role}.")
    return _found(ctx, ctx.fence, wanted, change, {})


def close(ctx: Context) -> None:
    identities.close_logins(ctx, logins_of(ctx))


def remove(ctx: Context) -> None:
    role = naming.grant_role(ctx.step.instance_id)
    lock(ctx.conn, role)
    lock(ctx.conn, ctx.step.spec["schema"])
    found = identities.find(ctx.conn, role)
    own = [role] if identities.is_own(ctx, found) else []
    if own:
        narrowing.lift(ctx.conn, role, ctx.step.spec["schema"])
    identities.drop_roles(ctx, [*logins_of(ctx), *own])


def logins_of(ctx: Context) -> list[str]:
    """Every login that was made for this grant, member of its role or not (any more)."""
    found = identities.find_beginning(ctx.conn, naming.login_prefix(ctx.step.instance_id))
    return [role.name for role in found if identities.is_own(ctx, role)]


def _astray(ctx: Context, role: str) -> list[str]:
    """Logins of the grant that are closed, that end at another time, or that lost its role."""
    if "until" not in ctx.step.spec:
        return []
    named = logins_of(ctx)
    return [name for name in named if not logins.is_open(ctx.conn, name, role, _until(ctx))]


def _enters_only(ctx: Context, role: str) -> bool:
    """The role may use the schema, and not make things in it."""
    found = rows(
        ctx.conn,
        ENTERED,
        {"s": ctx.step.spec["schema"], "r": role},
    )
    return found == [("USAGE", False)]


def _until(ctx: Context) -> datetime:
    return logins.moment(ctx.step.spec["until"], "until")


def _require_tables(conn: Connection, schema: str, wanted: list[str], *, writes: bool) -> None:
    if schemas.label_of(conn, schema) is None:
        raise PermanentError(f"The portal has no schema {schema} there.")
    found = rows(
        conn,
        "SELECT relname, relkind IN ('r', 'p') FROM pg_class"
        " WHERE relnamespace = to_regnamespace(%(s)s) AND relkind IN ('r', 'p', 'v', 'm')",
        {"s": schema},
    )
    missing = sorted(set(wanted) - {row[0] for row in found})
    if missing:
        raise PermanentError(f"The schema {schema} has no table {', '.join(missing[:5])}.")
    views = sorted(name for name, is_table in found if name in wanted and not is_table)
    if writes and views:
        raise PermanentError(f"{views[0]} is a view; a grant does not write through it.")


def _found(
    ctx: Context, fence: int | None, tables: list[str], change: Change, more: dict[str, Any]
) -> Observed:
    role = naming.grant_role(ctx.step.instance_id)
    schema = ctx.step.spec["schema"]
    words = "read and write" if ctx.step.spec.get("mode") == "write" else "read"
    return Observed(
        True,
        fence=fence,
        summary=f"{role} may {words} {counted(len(tables), 'table')} of {schema}",
        effects=(EffectRecord("grant", role, {"change": change, "tables": tables}),),
        attributes={"role": role, "schema": schema, "tables": tables, **more},
    )


GRANT = Action(plan, observe, ensure, remove, close)
