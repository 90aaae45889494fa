"""Roles of the server: found, made, closed and dropped, each with a label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from psycopg import sql

from provisioning.drivers.postgres import keepers, labels
from provisioning.drivers.postgres.action import Context
from provisioning.drivers.postgres.labels import Label
from provisioning.drivers.postgres.session import Connection, lock, rows, run, value
from provisioning.drivers.protocol import Change, PermanentError, TemporaryError
from provisioning.drivers.wording import counted

SESSION_END_MS = 5000


# The index on names finds the range; `~` sorts behind all that names are made of.
BEGINNING = """
SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles
WHERE rolname >= %(p)s::name AND rolname < (%(p)s || '~')::name ORDER BY rolname
"""


@dataclass(frozen=True)
class FoundRole:
    name: str
    label: Label | None


def find(conn: Connection, name: str) -> FoundRole | None:
    found = rows(
        conn,
        "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %(name)s",
        {"name": name},
    )
    return FoundRole(name, labels.read(found[0][0])) if found else None


def find_beginning(conn: Connection, prefix: str) -> list[FoundRole]:
    """Roles whose name begins so, by name."""
    return [
        FoundRole(name, labels.read(text)) for name, text in rows(conn, BEGINNING, {"p": prefix})
    ]


def is_own(ctx: Context, role: FoundRole | None) -> bool:
    """True when the step's instance made `role`."""
    label = role.label if role is not None else None
    return label is not None and label.instance_id == ctx.step.instance_id


def ensure_role(ctx: Context, name: str) -> Change:
    """Make the role (without login) and its label, or find it.

    Raises:
        PermanentError: a role of that name exists that the instance did not make.
    """
    role = find(ctx.conn, name)
    if role is not None and not is_own(ctx, role):
        raise PermanentError(f"A role {name} that the portal did not make is in the way.")
    text = labels.comment("", Label(ctx.step.instance_id, ctx.fence))
    if role is None:
        maker = keepers.acting(ctx.conn, keepers.chosen(ctx.conn, ctx.step.instance_id))
    else:
        maker = keepers.acting_for(ctx.conn, name)
    with maker:
        if role is None:
            run(ctx.conn, "CREATE ROLE {role} NOLOGIN", role=sql.Identifier(name))
            keepers.join_made(ctx.conn, name)
        run(
            ctx.conn,
            "COMMENT ON ROLE {role} IS {text}",
            role=sql.Identifier(name),
            text=sql.Literal(text),
        )
    return Change.CREATE if role is None else Change.KEEP


def allow_connect(conn: Connection, name: str) -> None:
    """Let the role connect to this database where PUBLIC may not."""
    may = "SELECT has_database_privilege(%(r)s, current_database(), 'CONNECT')"
    if value(conn, may, {"r": name}):
        return
    lock(conn, f"database:{conn.info.dbname}")
    run(
        conn,
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        database=sql.Identifier(conn.info.dbname),
        role=sql.Identifier(name),
    )


def close_logins(ctx: Context, names: list[str]) -> None:
    """No new session from now on; running ones go with `drop_roles`."""
    for maker, theirs in keepers.by_maker(ctx.conn, names).items():
        with keepers.acting(ctx.conn, maker):
            for name in theirs:
                run(ctx.conn, "ALTER ROLE {role} NOLOGIN", role=sql.Identifier(name))


def drop_roles(ctx: Context, names: list[str]) -> None:
    """End the sessions of the roles, take away all their rights here, and drop them."""
    if not names:
        return
    made = keepers.by_maker(ctx.conn, names)
    keepers.share(ctx.conn, made)
    end_sessions(ctx, names)
    drop(ctx.conn, made)
    ctx.log("info", f"{'Role' if len(names) == 1 else 'Roles'} {', '.join(names)} dropped.")


def drop(conn: Connection, made: keepers.Made) -> None:
    """Take away all rights here of roles that are shared with the administrator, and drop them."""
    run(conn, "DROP OWNED BY {roles}", roles=_listed(chain.from_iterable(made.values())))
    for maker, names in made.items():
        with keepers.acting(conn, maker):
            run(conn, "DROP ROLE {roles}", roles=_listed(names))


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def end_sessions(ctx: Context, names: list[str]) -> None:
    """Of roles that are shared with the administrator.

    Raises:
        TemporaryError: one of them goes on.
    """
    ended = rows(
        ctx.conn,
        "SELECT a.usename, pg_terminate_backend(a.pid, %(wait_ms)s) FROM pg_stat_activity a"
        " WHERE a.usename = ANY(%(names)s)",
        {"names": names, "wait_ms": SESSION_END_MS},
    )
    for name in sorted(name for name, has_ended in ended if not has_ended):
        raise TemporaryError(f"A session of {name} has not ended yet.")
    for name, count in sorted(Counter(name for name, _ in ended).items()):
        ctx.log("info", f"{counted(count, 'session')} of {name} ended.")
