"""How a program connects to a port, in the words of each tool; never with a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_LOGIN = "your_login"

PSQL = """\
psql "host={host} port={port} dbname={database} user={user}" \\
     -c "SELECT * FROM {schema}.{table} LIMIT 10"
"""
PYTHON = """\
import os

import psycopg

with psycopg.connect(
    host="{host}", port={port}, dbname="{database}",
    user="{user}", password=os.environ["MESHPORT_PASSWORD"],
) as connection:
    rows = connection.execute("SELECT * FROM {schema}.{table} LIMIT 10").fetchall()
"""
JDBC = "jdbc:postgresql://{host}:{port}/{database}?currentSchema={schema}&user={user}\n"
DBT = """\
meshport:
  target: default
  outputs:
    default:
      type: postgres
      host: {host}
      port: {port}
      dbname: {database}
      schema: {schema}
      user: {user}
      password: "{{{{ env_var('MESHPORT_PASSWORD') }}}}"
      threads: 4
"""
TOOLS = (
    ("psql", "psql", PSQL),
    ("python", "Python", PYTHON),
    ("jdbc", "JDBC", JDBC),
    ("dbt", "dbt", DBT),
)


@dataclass(frozen=True)
class Snippet:
    slug: str
    tool: str
    text: str


def snippets(location: Mapping[str, Any], username: str) -> list[Snippet]:
    """Connection snippets for a port in PostgreSQL; none for other places.

    Args:
        location: `OutputPort.location`.
        username: the holder's login, or "" when there is none yet.
    """
    where = {key: location.get(key) for key in ("host", "port", "database", "schema")}
    tables = sorted((location.get("tables") or {}).values())
    if not all(where.values()) or not tables:
        return []
    values = {**where, "user": username or NO_LOGIN, "table": tables[0]}
    return [Snippet(slug, tool, text.format_map(values).rstrip()) for slug, tool, text in TOOLS]
