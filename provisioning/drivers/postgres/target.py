"""PostgreSQL servers to provision into: the built-in warehouse, and those that teams register."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import psycopg
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from core.outbound import Refused
from core.outbound.addresses import Place, addresses_of, read_host, system_resolver
from core.problems import Problem
from provisioning.drivers.places import Opened, TargetKind, in_driver_words
from provisioning.drivers.postgres import session
from provisioning.drivers.postgres.session import Warehouse
from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.targets import opened

BUILT_IN = "warehouse"
MOST_ADDRESSES = 3  # each may take the time of a connection
URL_PARTS = frozenset({"host", "port", "user", "password", "dbname", "sslmode"})
RIGHTS = """
SELECT current_setting('server_version'), current_database(), current_user,
 rolcreaterole OR rolsuper, has_database_privilege(current_database(), 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""


def warehouse(slug: str | None) -> Warehouse:
    """The PostgreSQL to provision into; None is the built-in one of the settings.

    Raises:
        PermanentError: no such target, or it may not be called.
        TemporaryError: its name cannot be resolved now.
    """
    if slug is None or slug == BUILT_IN:
        return _built_in()
    return warehouse_of(opened(slug, "postgres"))


def warehouse_of(place: Opened) -> Warehouse:
    """A registered warehouse; its name is resolved here, and that address is connected to."""
    parts = _parts(place.secrets["url"])
    with in_driver_words():
        host, port = _host(parts)
        where = Place("postgresql", host, port, "")
        found = addresses_of(where, system_resolver, within_s=session.CONNECT_TIMEOUT_S)[
            :MOST_ADDRESSES
        ]
    parts |= {"host": ",".join([host] * len(found)), "hostaddr": ",".join(map(str, found))}
    return Warehouse(
        url=make_conninfo(**parts),
        public_host=str(place.config.get("public_host") or host),
        public_port=str(place.config.get("public_port") or port),
        exclusive=bool(place.config.get("exclusive")),
    )


def _probe(place: Opened) -> str:
    with session.looking(warehouse_of(place)) as conn:
        row = conn.execute(RIGHTS).fetchone()
    if row is None:
        raise PermanentError("The server does not say who we are.")
    version, database, user, makes_roles, makes_schemas = row
    if not (makes_roles and makes_schemas):
        lacks = "CREATEROLE" if makes_schemas else f"CREATE on the database {database}"
        raise PermanentError(f"The user {user} lacks {lacks}.")
    return f"PostgreSQL {version}, database {database}, as {user}"


def _problems(place: Opened) -> Iterator[Problem]:
    try:
        _host(_parts(place.secrets["url"]))
    except (PermanentError, Refused) as error:
        yield Problem("/secrets/url", "wrong-form", str(error))
    try:
        read_host(place.config.get("public_host") or "localhost")
    except Refused:
        yield Problem("/config/public_host", "wrong-form", "Name one host, without a port.")


def _parts(url: str) -> dict[str, Any]:
    """What libpq reads in the URL.

    Raises:
        PermanentError: it cannot be read, or says more than where and who: files, services and
            options of libpq would act on the portal's own machine.
    """
    try:
        parts = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError as error:
        raise PermanentError(
            "Write it as postgresql://user:password@host:port/database."
        ) from error
    more = sorted(parts.keys() - URL_PARTS)
    if more:
        raise PermanentError(f"Leave these out: {', '.join(map(str, more))}.")
    if not {"user", "password", "dbname"} <= parts.keys():
        raise PermanentError("Name a user, a password and a database.")
    return parts


def _host(parts: dict[str, Any]) -> tuple[str, int]:
    """Host and port; no socket folder, no list.

    Raises:
        Refused: it is no plain host or port.
    """
    host, port = read_host(str(parts.get("host", ""))), str(parts.get("port") or 5432)
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Refused("Name one port from 1 to 65535.")
    return host, int(port)


def _built_in() -> Warehouse:
    if not settings.WAREHOUSE_URL:
        raise PermanentError("WAREHOUSE_URL is not set, so there is no place to provision into.")
    return Warehouse(
        url=settings.WAREHOUSE_URL,
        public_host=settings.WAREHOUSE_PUBLIC_HOST,
        public_port=settings.WAREHOUSE_PUBLIC_PORT,
        exclusive=True,
    )


KIND: Final = TargetKind(
    label="PostgreSQL database",
    summary="Schemas, tables, roles and grants are made in a database of your team.",
    config={
        "type": "object",
        "properties": {
            "public_host": {
                "type": "string",
                "title": "Host for consumers",
                "description": "Where consumers reach it, if not at the host of the URL.",
                "maxLength": 253,
            },
            "public_port": {
                "type": "integer",
                "title": "Port for consumers",
                "description": "From 1 to 65535.",
                "minimum": 1,
                "maximum": 65535,
            },
            "exclusive": {
                "type": "boolean",
                "title": "Nobody else uses this database",
                "description": "The portal then takes from PUBLIC its rights in it.",
            },
        },
    },
    secrets={
        "type": "object",
        "required": ["url"],
        "properties": {
            "url": {
                "type": "string",
                "title": "Connection URL",
                "description": "postgresql://user:password@host:port/database, of a user with"
                " CREATEROLE and CREATE on the database.",
                "maxLength": 2000,
            }
        },
    },
    address="/secrets/url",
    probe=_probe,
    check=_problems,
)
