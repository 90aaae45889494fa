"""Action `account`: one person's login to a schema whose writer makes tables.

The login works as the schema's writer and has no rights as itself: what people make belongs to the
writer, so that one of them who goes takes nothing along.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from psycopg import sql

from provisioning.drivers.postgres import identities, keepers, logins, naming, schemas
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.session import Connection, lock, rows, run, value
from provisioning.drivers.protocol import (
    Change,
    Json,
    Observed,
    PermanentError,
    Workplace,
)

UNDONE = "The login is dropped and its sessions end; what was made with it stays."

OPEN = """
SELECT rolname FROM pg_roles
WHERE rolname = ANY(%(names)s) AND rolcanlogin AND rolvaliduntil = %(until)s
"""


def end_of(day: str) -> datetime:
    """The last moment of a day, UTC.

    Raises:
        PermanentError: it is no day.
    """
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError) as error:
        raise PermanentError("until is not a date in ISO 8601.") from error


def accounts_of(ctx: Context, until: datetime | None = None) -> dict[str, bool]:
    """`{login of the step's instance: it is open until then}`."""
    found = identities.find_beginning(ctx.conn, naming.login_prefix(ctx.step.instance_id))
    names = [each.name for each in found if identities.is_own(ctx, each)]
    there = {row[0] for row in rows(ctx.conn, OPEN, {"names": names, "until": until})}
    return {name: name in there for name in names}


def ensure(ctx: Context) -> Observed:
    """Make the login, or give it a new password: an earlier one was never shown, or is replaced."""
    schema = schemas.require_own_schema(ctx)
    writer = naming.writer_role(schema)
    lock(ctx.conn, schema)
    may_build = "SELECT has_schema_privilege(%(w)s, %(s)s, 'CREATE')"
    there = identities.is_own(ctx, identities.find(ctx.conn, writer))
    if not there or not value(ctx.conn, may_build, {"w": writer, "s": schema}):
        raise PermanentError(f"Nobody works in {schema}: its writer makes no tables.")
    until = end_of(ctx.step.spec["until"])
    if value(ctx.conn, "SELECT %(at)s::timestamptz <= now()", {"at": until}):
        raise PermanentError("What this login is for has ended.")
    name = logins.name_of(ctx)
    with keepers.acting_for(ctx.conn, writer):
        change = identities.ensure_role(ctx, name)
        given = logins.give_password(ctx, name, until)
        logins.limit(ctx.conn, name, schema)
        _work_as(ctx.conn, name, writer)
    identities.allow_connect(ctx.conn, name)
    ctx.log("info", f"Login {name} is ready; it ends after {ctx.step.spec['until']}.")
    made = logins.found_login(name, ctx.fence, Change.UPDATE if change == Change.KEEP else change)
    return Observed(
        True,
        fence=ctx.fence,
        summary=made.summary,
        effects=made.effects,
        attributes={"username": name, "schema": schema},
        secrets=given,
    )


def _work_as(conn: Connection, name: str, writer: str) -> None:
    """Every session begins as the writer; without that the login inherits nothing."""
    role, group = sql.Identifier(name), sql.Identifier(writer)
    run(conn, "ALTER ROLE {role} NOINHERIT", role=role)
    logins.join(conn, name, writer)
    run(conn, "ALTER ROLE {role} SET role = {group}", role=role, group=group)


def _spec(made: Json, holder: str) -> dict[str, Any] | None:
    if not made.get("builds") or not made.get("until"):
        return None
    target = {"target": made["target"]} if made.get("target") else {}
    return {"slug": made["slug"], "holder": holder, "until": made["until"], **target}


# A login of the same name and label as a grant's: it is seen and taken away in the same way.
ACCOUNT: Final = Action(logins.plan, logins.observe, ensure, logins.remove, logins.close)
WORKPLACE: Final = Workplace(made_by="roles", action="account", spec=_spec)
