"""Keepers: the roles in whose name those of grants and products are made, altered and dropped.

Whoever makes a role is a member of it, and PostgreSQL (from 16 on) answers whether somebody may
administer one by a walk over all roles they are a member of, anew after each change of any. With
one maker each change takes the longer the more roles there are. So the administrator makes them in
the name of one of 64 keepers, each of which walks over its own only, and is no member of them
itself, but where it must have their rights. Keepers log in nowhere and hold no right to anything;
the administrator alone may act in their name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from provisioning.drivers.postgres import naming
from provisioning.drivers.postgres.session import PG16, Connection, lock, rows, run, value

PURPOSE = "Meshport makes, alters and drops roles in the name of this one."
# Who made each role; before there were keepers it was the administrator.
MAKERS = """
SELECT r.rolname, (
    SELECT m.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
    WHERE a.roleid = r.oid AND a.admin_option
        AND (m.rolname = session_user OR starts_with(m.rolname, %(keepers)s))
    ORDER BY m.rolname = session_user LIMIT 1)
FROM pg_roles r WHERE r.rolname = ANY(%(names)s)
"""
MAY_ENTER = """
SELECT 1 FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
JOIN pg_roles m ON m.oid = a.member
WHERE r.rolname = %(r)s AND m.rolname = session_user AND a.set_option
"""
IS_MEMBER = "SELECT 1 FROM pg_roles WHERE rolname = %(r)s AND pg_has_role(oid, 'MEMBER')"
IS_THERE = "SELECT 1 FROM pg_roles WHERE rolname = %(r)s"


Made = Mapping[str, Sequence[str]]  # roles, by in whose name they were made


def chosen(conn: Connection, instance_id: UUID) -> str:
    """In whose name the roles of an instance are made; a keeper that is not there yet is made."""
    if conn.info.server_version < PG16:  # CREATEROLE is enough there, and nothing is walked over
        return conn.info.user
    conn.execute("SET LOCAL createrole_self_grant = ''")  # no rights but where `share` gives them
    keeper = naming.keeper_role(conn.info.user, instance_id)
    if value(conn, IS_THERE, {"r": keeper}) is None:
        lock(conn, keeper)
        if value(conn, IS_THERE, {"r": keeper}) is None:
            _make(conn, keeper)
    return keeper


def by_maker(conn: Connection, names: Sequence[str]) -> Made:
    """`{in whose name they were made: roles}` of those roles that are there."""
    values = {"names": list(names), "keepers": naming.keeper_prefix(conn.info.user)}
    found: dict[str, list[str]] = defaultdict(list)
    for role, maker in rows(conn, MAKERS, values):
        found[maker or conn.info.user].append(role)
    return found


@contextmanager
def acting(conn: Connection, maker: str) -> Iterator[None]:
    """Statements within are run in that name. What fails ends the transaction, and the name too."""
    before = conn.acting or conn.info.user
    if maker == before:
        yield
        return
    _act(conn, maker)
    yield
    _act(conn, before)


@contextmanager
def acting_for(conn: Connection, role: str) -> Iterator[None]:
    """Statements within are run in the name of whoever made `role`; of one that is not there, in
    one's own."""
    with acting(conn, next(iter(by_maker(conn, [role])), conn.info.user)):
        yield


def join_made(conn: Connection, role: str) -> None:
    """Before 16 who makes a role is no member of it, and an inventory finds ours by membership."""
    if conn.info.server_version < PG16:
        _grant(conn, {conn.info.user: [role]}, "")


def share(conn: Connection, made: Made) -> None:
    """Give the administrator the rights of roles: to end their sessions, to drop what is theirs."""
    _grant(conn, made, "WITH INHERIT TRUE, SET FALSE")


def let_enter(conn: Connection, role: str) -> None:
    """Let the administrator `SET ROLE` to it, if it is there."""
    found = MAY_ENTER if conn.info.server_version >= PG16 else IS_MEMBER
    if value(conn, found, {"r": role}) is None:
        _grant(conn, by_maker(conn, [role]), "WITH SET TRUE, INHERIT FALSE")


def _grant(conn: Connection, made: Made, options: LiteralString) -> None:
    how = sql.SQL(options if conn.info.server_version >= PG16 else "")
    for maker, names in made.items():
        with acting(conn, maker):
            roles = sql.SQL(", ").join(map(sql.Identifier, names))
            run(conn, "GRANT {roles} TO SESSION_USER {how}", roles=roles, how=how)


def _act(conn: Connection, name: str) -> None:
    if name == conn.info.user:
        conn.execute("SET LOCAL ROLE NONE")
    else:
        run(conn, "SET LOCAL ROLE {keeper}", keeper=sql.Identifier(name))
    conn.acting = name


def _make(conn: Connection, keeper: str) -> None:
    name = sql.Identifier(keeper)
    run(conn, "CREATE ROLE {k} NOLOGIN CREATEROLE", k=name)
    run(conn, "COMMENT ON ROLE {k} IS {purpose}", k=name, purpose=sql.Literal(PURPOSE))
    run(conn, "GRANT {k} TO SESSION_USER WITH SET TRUE, INHERIT FALSE", k=name)
