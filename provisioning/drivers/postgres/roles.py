"""Action `roles`: who reads and who writes a product's schema."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from provisioning.drivers.postgres import identities, keepers, naming, schemas
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.session import lock, run
from provisioning.drivers.protocol import Change, EffectRecord, Observed, PlannedEffect, Step

# The checker logs in only while a measurement opens its session.
SHUT: Final = "ALTER ROLE {role} NOLOGIN PASSWORD NULL VALID UNTIL '-infinity'"
UNDONE = "The role is dropped; whoever used it loses its rights."


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
    _grant_rights(ctx, schema)
    ctx.log("info", f"Reader and writer roles of {schema} are in place.")
    return _found(ctx.step, ctx.fence, changes)


def remove(ctx: Context) -> None:
    found = [identities.find(ctx.conn, name) for name in names_of(ctx.step)]
    lock(ctx.conn, schemas.name_of(ctx.step))
    own = [role.name for role in found if role is not None and identities.is_own(ctx, role)]
    identities.drop_roles(ctx, own[::-1])


def _grant_rights(ctx: Context, schema: str) -> None:
    reader, writer, checker = (sql.Identifier(name) for name in names_of(ctx.step))
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
    name = naming.reader_role(schema)
    with keepers.acting_for(conn, name):
        run(conn, "GRANT {r} TO {q}", r=reader, q=checker)
        run(conn, SHUT, role=checker)
        run(conn, "ALTER ROLE {q} CONNECTION LIMIT 2", q=checker)
        run(conn, "ALTER ROLE {q} SET default_transaction_read_only = on", q=checker)
        run(conn, "ALTER ROLE {q} SET search_path = {s}", q=checker, s=where)
    keepers.let_enter(conn, name)  # measurements have a reader's rights
    identities.allow_connect(conn, naming.checker_role(schema))


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


ROLES = Action(plan, observe, ensure, remove)
