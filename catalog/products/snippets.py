"""How to read a port, ready to copy; plain text from what the port says of its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

POSTGRES = frozenset({"postgresql", "postgres"})
TECHNOLOGIES = {  # ODCS server types in people's words
    "postgresql": "PostgreSQL",
    "postgres": "PostgreSQL",
    "kafka": "Kafka",
    "s3": "S3",
    "bigquery": "BigQuery",
    "snowflake": "Snowflake",
    "databricks": "Databricks",
    "redshift": "Redshift",
    "mysql": "MySQL",
    "sqlserver": "SQL Server",
    "api": "API",
    "sftp": "SFTP",
    "gcs": "Google Cloud Storage",
    "azure": "Azure Storage",
    "duckdb": "DuckDB",
}
PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")  # names that SQL reads without quotes
MAX_LINES = 20


@dataclass(frozen=True)
class Snippet:
    """One way in; `key` is unique in its port."""

    key: str
    label: str
    text: str


def technology_name(technology: str) -> str:
    """`postgresql` → “PostgreSQL”; an unknown one as it is written."""
    return TECHNOLOGIES.get(technology.lower(), technology)


def snippets(technology: str, location: Mapping[str, Any]) -> list[Snippet]:
    """The connection first, then a sample query and a program; none when no place is known."""
    if technology.lower() in POSTGRES and location.get("host") and location.get("database"):
        return _postgres(location)
    lines = [
        f"{key:<12} {value}"
        for key, value in location.items()
        if isinstance(value, str | int | float) and str(value).strip()
    ]
    return [Snippet("place", "Connect", "\n".join(lines[:MAX_LINES]))] if lines else []


def _postgres(location: Mapping[str, Any]) -> list[Snippet]:
    dsn = (
        f"host={location['host']} port={location.get('port') or 5432} dbname={location['database']}"
    )
    found = [Snippet("connect", "Connect", f'psql "{dsn} user=YOUR_LOGIN"')]
    table = first_table(location)
    if not table:
        return found
    query = f"SELECT * FROM {table} LIMIT 10;"  # noqa: S608 - for people to copy, never run
    python = (
        "import psycopg\n\n"
        f'with psycopg.connect("{dsn} user=YOUR_LOGIN password=…") as connection:\n'
        f"    rows = connection.execute({_python_text(query.rstrip(';'))}).fetchall()"
    )
    return [*found, Snippet("query", "Sample query", query), Snippet("python", "Python", python)]


def _python_text(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def first_table(location: Mapping[str, Any]) -> str:
    """The first table of a port as SQL names it; "" when none is known."""
    tables = location.get("tables")
    if not isinstance(tables, Mapping) or not tables:
        return ""
    first = next(iter(tables.values()))
    name = first.get("table", "") if isinstance(first, Mapping) else str(first)
    schema = str(location.get("schema") or "")
    return ".".join(_sql_name(part) for part in (schema, name) if part)


def _sql_name(name: str) -> str:
    if PLAIN.match(name):
        return name
    return '"' + name.replace('"', '""') + '"'
