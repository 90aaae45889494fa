"""Action `login`: one role with a password per grant and holder: one leaver is one revoke."""

from __future__ import annotations

import secrets
from datetime import datetime
from urllib.parse import quote

from psycopg import sql

from provisioning.drivers.postgres import identities, keepers, naming
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.session import Connection, lock, run, value
from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
)

PASSWORD_BYTES = 24  # 32 characters
SESSIONS = 5
UNDONE = "The login is dropped and its sessions end."


def name_of(ctx: Context) -> str:
    return naming.login_role(ctx.step.instance_id, ctx.step.spec["holder"])


def plan(ctx: Context) -> list[PlannedEffect]:
    """A login that is there is kept, though `ensure` would give it a new password.

    Whether it is open, and until when, is the action `grant`'s to see and to mend.
    """
    name = name_of(ctx)
    there = identities.is_own(ctx, identities.find(ctx.conn, name))
    return [PlannedEffect("login", name, Change.KEEP if there else Change.CREATE, UNDONE)]


def observe(ctx: Context) -> Observed:
    role = identities.find(ctx.conn, name_of(ctx))
    if role is None or role.label is None or not identities.is_own(ctx, role):
        return Observed(False, summary="There is no such login.")
    return found_login(role.name, role.label.fence, Change.KEEP)


def ensure(ctx: Context) -> Observed:
    """Make the login, or give it a new password: an earlier one was never shown, or is replaced.

    One that shall be `kept` keeps its password where it is there.
    """
    group = naming.grant_role(ctx.step.instance_id)
    lock(ctx.conn, group)
    if not identities.is_own(ctx, identities.find(ctx.conn, group)):
        raise PermanentError("The access this login belongs to is not (any more) in place.")
    expires_at = _expiry(ctx)
    name = name_of(ctx)
    if ctx.step.spec.get("kept") and identities.is_own(ctx, identities.find(ctx.conn, name)):
        identities.ensure_role(ctx, name)
        return found_login(name, ctx.fence, Change.KEEP)
    with keepers.acting_for(ctx.conn, group):
        change = identities.ensure_role(ctx, name)
        given = give_password(ctx, name, expires_at)
        limit(ctx.conn, name, ctx.step.spec["schema"])
        _limit_writing(ctx, name)
        join(ctx.conn, name, group)
    identities.allow_connect(ctx.conn, name)
    ctx.log("info", f"Login {name} is ready; it ends {expires_at:%Y-%m-%d}.")
    made = found_login(name, ctx.fence, Change.UPDATE if change == Change.KEEP else change)
    return Observed(
        True,
        fence=ctx.fence,
        summary=made.summary,
        effects=made.effects,
        attributes={"username": name, "expires_at": expires_at.isoformat()},
        secrets=given,
    )


def close(ctx: Context) -> None:
    if identities.is_own(ctx, identities.find(ctx.conn, name_of(ctx))):
        identities.close_logins(ctx, [name_of(ctx)])


def remove(ctx: Context) -> None:
    if identities.is_own(ctx, identities.find(ctx.conn, name_of(ctx))):
        identities.drop_roles(ctx, [name_of(ctx)])


def give_password(ctx: Context, name: str, until: datetime) -> dict[str, str]:
    """Open the role with a new password until then; what its holder needs to connect."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    run(
        ctx.conn,
        "ALTER ROLE {role} LOGIN PASSWORD {verifier} VALID UNTIL {until} CONNECTION LIMIT {limit}",
        role=sql.Identifier(name),
        verifier=sql.Literal(scram(ctx.conn, name, password)),
        until=sql.Literal(until.isoformat()),
        limit=sql.Literal(SESSIONS),
    )
    return _access(ctx, name, password)


def scram(conn: Connection, role: str, password: str) -> str:
    """The SCRAM-SHA-256 verifier: the password itself never reaches the server or its log."""
    return conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()


def is_open(conn: Connection, name: str, group: str, until: datetime) -> bool:
    """True when the role may log in until that moment, as a member of the grant's role."""
    found = (
        "SELECT EXISTS (SELECT 1 FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid"
        " JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname = %(name)s AND g.rolname = %(group)s"
        " AND r.rolcanlogin AND r.rolvaliduntil = %(until)s)"
    )
    return bool(value(conn, found, {"name": name, "group": group, "until": until}))


def keep_open(conn: Connection, name: str, until: datetime) -> None:
    """Have a login end at that moment; its password stays."""
    run(
        conn,
        "ALTER ROLE {role} LOGIN VALID UNTIL {until}",
        role=sql.Identifier(name),
        until=sql.Literal(until.isoformat()),
    )


def open_until(conn: Connection, name: str, group: str, until: datetime) -> None:
    """Have a login end at that moment, as a member of the grant's role; its password stays."""
    with keepers.acting_for(conn, group):
        keep_open(conn, name, until)
        join(conn, name, group)


def moment(text: str, name: str) -> datetime:
    """A moment of a spec.

    Raises:
        PermanentError: it is none, or has no time zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise PermanentError(f"{name} is not a date and time in ISO 8601.") from error
    if found.tzinfo is None:
        raise PermanentError(f"{name} needs a time zone.")
    return found


def _expiry(ctx: Context) -> datetime:
    expires_at = moment(ctx.step.spec["expires_at"], "expires_at")
    if value(ctx.conn, "SELECT %(at)s::timestamptz <= now()", {"at": expires_at}):
        raise PermanentError("The access has already ended.")
    return expires_at


def join(conn: Connection, name: str, group: str) -> None:
    """Make the login a member; in the name of whoever made the group."""
    run(conn, "GRANT {group} TO {role}", group=sql.Identifier(group), role=sql.Identifier(name))


def limit(conn: Connection, name: str, schema: str) -> None:
    """How the sessions of a login begin, and what they may not do for longer."""
    role = sql.Identifier(name)
    run(conn, "ALTER ROLE {r} SET search_path = {schema}", r=role, schema=sql.Identifier(schema))
    run(conn, "ALTER ROLE {r} SET statement_timeout = '15min'", r=role)
    run(conn, "ALTER ROLE {r} SET idle_in_transaction_session_timeout = '15min'", r=role)


def _limit_writing(ctx: Context, name: str) -> None:
    role = sql.Identifier(name)
    if ctx.step.spec.get("mode") == "write":
        run(ctx.conn, "ALTER ROLE {role} RESET default_transaction_read_only", role=role)
    else:
        run(ctx.conn, "ALTER ROLE {role} SET default_transaction_read_only = on", role=role)


def _access(ctx: Context, name: str, password: str) -> dict[str, str]:
    info = ctx.conn.info
    host = ctx.warehouse.public_host or ("localhost" if info.host.startswith("/") else info.host)
    authority = f"[{host}]" if ":" in host else host
    port = str(ctx.warehouse.public_port or info.port)
    return {
        "username": name,
        "password": password,
        "host": host,
        "port": port,
        "dbname": info.dbname,
        "dsn": f"postgresql://{name}:{quote(password)}@{authority}:{port}/{quote(info.dbname)}",
    }


def found_login(name: str, fence: int, change: Change) -> Observed:
    return Observed(
        True,
        fence=fence,
        summary=f"Login {name}",
        effects=(EffectRecord("login", name, {"change": change}),),
        attributes={"username": name},
    )


LOGIN = Action(plan, observe, ensure, remove, close)
