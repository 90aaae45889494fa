"""Action `roles`: who reads and who writes a product's schema.

Where the writer `builds`, it makes tables of its own there, and people work as the writer until the
last day (action `account`). With the roles goes what was made.
"""

from __future__ import annotations

from typing import Final

from psycopg import sql

from provisioning.drivers.postgres import accounts, identities, keepers, logins, naming, schemas
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.session import lock, rows, run
from provisioning.drivers.protocol import Change, EffectRecord, Observed, PlannedEffect, Step
from provisioning.drivers.wording import counted

# The checker logs in only while a measurement opens its session.
SHUT: Final = "ALTER ROLE {role} NOLOGIN PASSWORD NULL VALID UNTIL '-infinity'"
UNDONE = "The role is dropped; whoever used it loses its rights."
AT_ONCE = 200  # tables that one transaction drops: it locks each, with its indexes

BUILT = """
SELECT c.relname, c.relkind FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
WHERE c.relnamespace = to_regnamespace(%(s)s) AND r.rolname = %(w)s
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e')
                  AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass)
ORDER BY c.oid LIMIT %(most)s
"""
KINDS: Final = {
    "v": "VIEW",
    "m": "MATERIALIZED VIEW",
    "f": "FOREIGN TABLE",
    "S": "SEQUENCE",
}


def names_of(step: Step) -> list[str]:
    schema = schemas.name_of(step)
    return [naming.reader_role(schema), naming.writer_role(schema), naming.checker_role(schema)]


def plan(ctx: Context) -> list[PlannedEffect]:
    return [
        PlannedEffect(
            "role",
            name,
            Change.KEEP if identities.find(ctx.conn, name) else Change.CREATE,
            UNDONE,
        )
        for name in names_of(ctx.step)
    ] + [
        PlannedEffect("login", name, Change.KEEP if is_open else Change.UPDATE, accounts.UNDONE)
        for name, is_open in _accounts(ctx).items()
    ]


def observe(ctx: Context) -> Observed:
    found = [identities.find(ctx.conn, name) for name in names_of(ctx.step)]
    own = [role for role in found if role is not None and identities.is_own(ctx, role)]
    if not own:
        return Observed(False, summary="No role of this product is there.")
    fences = [role.label.fence for role in own if role.label is not None]
    return _found(ctx.step, min(fences), {role.name: Change.KEEP for role in own})


def ensure(ctx: Context) -> Observed:
    schema = schemas.require_own_schema(ctx)
    lock(ctx.conn, schema)
    changes = {name: identities.ensure_role(ctx, name) for name in names_of(ctx.step)}
    if ctx.step.spec.get("builds"):
        _let_build(ctx, schema)
    else:
        _let_read_and_write(ctx, schema)
    _let_check(ctx, schema)
    ctx.log("info", f"Reader and writer roles of {schema} are in place.")
    return _found(ctx.step, ctx.fence, changes)


def close(ctx: Context) -> None:
    identities.close_logins(ctx, list(accounts.accounts_of(ctx)))


def thin(ctx: Context) -> bool:
    """Take away some of what people have built; True while there is more."""
    schema = schemas.name_of(ctx.step)
    if not ctx.step.spec.get("builds") or not schemas.is_ours(
        ctx.conn, schema, ctx.step.instance_id
    ):
        return False
    people, writer = list(accounts.accounts_of(ctx)), naming.writer_role(schema)
    keepers.share(ctx.conn, keepers.by_maker(ctx.conn, [*people, writer]))
    identities.end_sessions(ctx, people)
    found = rows(ctx.conn, BUILT, {"s": schema, "w": writer, "most": AT_ONCE})
    for name, kind in found:
        what = sql.SQL(KINDS.get(kind, "TABLE"))
        there = sql.Identifier(schema, name)
        run(ctx.conn, "DROP {what} IF EXISTS {name} CASCADE", what=what, name=there)
    if found:
        ctx.log("info", f"{counted(len(found), 'table')} or views of {schema} dropped.")
    return len(found) == AT_ONCE


def remove(ctx: Context) -> None:
    found = [identities.find(ctx.conn, name) for name in names_of(ctx.step)]
    lock(ctx.conn, schemas.name_of(ctx.step))
    own = [role.name for role in found if role is not None and identities.is_own(ctx, role)]
    identities.drop_roles(ctx, [*accounts.accounts_of(ctx), *own[::-1]])


def _let_read_and_write(ctx: Context, schema: str) -> None:
    """The tables that the portal makes there."""
    reader, writer, _ = (sql.Identifier(name) for name in names_of(ctx.step))
    where = sql.Identifier(schema)
    conn = ctx.conn
    run(conn, "GRANT USAGE ON SCHEMA {s} TO {r}, {w}", s=where, r=reader, w=writer)
    run(conn, "GRANT SELECT ON ALL TABLES IN SCHEMA {s} TO {r}", s=where, r=reader)
    run(
        conn,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {s} TO {w}",
        s=where,
        w=writer,
    )
    run(
        conn,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {s} GRANT SELECT ON TABLES TO {r}",
        s=where,
        r=reader,
    )
    run(
        conn,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {s}"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {w}",
        s=where,
        w=writer,
    )


def _let_check(ctx: Context, schema: str) -> None:
    """The checker, and measurements, have the reader's rights."""
    reader, _, checker = (sql.Identifier(name) for name in names_of(ctx.step))
    conn, where, name = ctx.conn, sql.Identifier(schema), naming.reader_role(schema)
    with keepers.acting_for(conn, name):
        run(conn, "GRANT {r} TO {q}", r=reader, q=checker)
        run(conn, SHUT, role=checker)
        run(conn, "ALTER ROLE {q} CONNECTION LIMIT 2", q=checker)
        run(conn, "ALTER ROLE {q} SET default_transaction_read_only = on", q=checker)
        run(conn, "ALTER ROLE {q} SET search_path = {s}", q=checker, s=where)
    keepers.let_enter(conn, name)
    identities.allow_connect(conn, naming.checker_role(schema))


def _let_build(ctx: Context, schema: str) -> None:
    """The writer makes tables, which are its own: the administrator has no right to give there.

    Whoever works as the writer does so until the last day.
    """
    where, writer = sql.Identifier(schema), sql.Identifier(naming.writer_role(schema))
    run(ctx.conn, "GRANT USAGE, CREATE ON SCHEMA {s} TO {w}", s=where, w=writer)
    for name, is_open in _accounts(ctx).items():
        if not is_open:
            with keepers.acting_for(ctx.conn, name):
                logins.keep_open(ctx.conn, name, accounts.end_of(ctx.step.spec["until"]))
            ctx.log("info", f"Login {name} ends after {ctx.step.spec['until']}.")


def _accounts(ctx: Context) -> dict[str, bool]:
    """`{login: it is open until the last day}`, where people work until one."""
    day = ctx.step.spec.get("until")
    return accounts.accounts_of(ctx, accounts.end_of(day)) if day else {}


def _found(step: Step, fence: int, changes: dict[str, Change]) -> Observed:
    reader, writer, _ = names_of(step)
    return Observed(
        True,
        fence=fence,
        summary=f"Roles {', '.join(changes)}",
        effects=tuple(
            EffectRecord("role", name, {"change": change}) for name, change in changes.items()
        ),
        attributes={"schema": schemas.name_of(step), "reader": reader, "writer": writer},
    )


ROLES = Action(plan, observe, ensure, remove, close, thin)
