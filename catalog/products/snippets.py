"""How to read a port, ready to copy; plain text from what the port says of its place.

Names come from documents that anybody may hand in, and people paste what stands here: every name
is quoted for the language it stands in, and never breaks out of its quotes.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.documents import dump_yaml

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
    "trino": "Trino",
    "api": "API",
    "sftp": "SFTP",
    "gcs": "Google Cloud Storage",
    "azure": "Azure Storage",
    "duckdb": "DuckDB",
}
PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")  # names that SQL reads without quotes
PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:-]+\Z")  # values that a connection string and a shell take
DBT_NAME = re.compile(r"[^a-z0-9_]+")
MAX_LINES = 20
MAX_NAMED = 6  # columns of a sample query
MAX_TABLES = 20  # of a dbt source
SINCE = "DATE '2026-01-01'"
MOMENTS = frozenset({"date", "timestamp"})
Location = Mapping[str, Any]
Quote = Callable[[str], str]


@dataclass(frozen=True)
class Snippet:
    """One way in; `key` is unique in its port."""

    key: str
    label: str
    text: str


@dataclass(frozen=True)
class ColumnText:
    """A column as snippets name it."""

    name: str
    logical_type: str = ""
    description: str = ""


@dataclass(frozen=True)
class TableText:
    """A described object of the contract; `name` as the port's location knows it."""

    name: str
    description: str = ""
    columns: tuple[ColumnText, ...] = ()


def technology_name(technology: str) -> str:
    """`postgresql` → “PostgreSQL”; an unknown one as it is written."""
    return TECHNOLOGIES.get(technology.lower(), technology)


def snippets(
    technology: str, location: Location, tables: Sequence[TableText] = ()
) -> list[Snippet]:
    """The connection first, then a sample query and programs; none when no place is known.

    Args:
        tables: what the contract describes, first of all the first table of the port; without it
            a query names no columns, and there is no dbt source.
    """
    known = technology.lower()
    write = WRITERS.get("postgresql" if known in POSTGRES else known)
    found = write(location, tables) if write else []
    return found or _place(location)


def _place(location: Location) -> list[Snippet]:
    lines = [
        f"{key:<12} {value}"
        for key, value in location.items()
        if isinstance(value, str | int | float) and str(value).strip()
    ]
    return [Snippet("place", "Connect", "\n".join(lines[:MAX_LINES]))] if lines else []


def _postgres(location: Location, tables: Sequence[TableText]) -> list[Snippet]:
    if not (location.get("host") and location.get("database")):
        return []
    pairs = {
        "host": location["host"],
        "port": location.get("port") or 5432,
        "dbname": location["database"],
    }
    dsn = " ".join(f"{key}={_dsn_value(value)}" for key, value in pairs.items())
    found = [Snippet("connect", "Connect", f"psql {_shell_text(f'{dsn} user=YOUR_LOGIN')}")]
    table = first_table(location)
    if not table:
        return found
    query = _query(table, _columns_of(location, tables), sql_name)
    python = (
        "import psycopg\n\n"
        f"with psycopg.connect({_python_text(f'{dsn} user=YOUR_LOGIN password=…')}) as connection:"
        f"\n    rows = connection.execute({_python_text(query.rstrip(';'))}).fetchall()"
    )
    found += [Snippet("query", "Sample query", query), Snippet("python", "Python", python)]
    return [*found, *_dbt(location, tables, str(location["database"]), _text(location, "schema"))]


def _snowflake(location: Location, tables: Sequence[TableText]) -> list[Snippet]:
    account, table = _text(location, "account"), first_table(location)
    if not account:
        return []
    options = {name: _text(location, name) for name in ("database", "schema", "warehouse")}
    said = "".join(f" --{name} {shlex.quote(value)}" for name, value in options.items() if value)
    connect = f"snow sql --account {shlex.quote(account)} --user YOUR_LOGIN{said}"
    found = [Snippet("connect", "Connect", connect)]
    if table:
        database = options["database"]
        whole = f"{sql_name(database)}.{table}" if database else table
        query = _query(whole, _columns_of(location, tables), sql_name)
        arguments = {"account": account, "user": "YOUR_LOGIN", "warehouse": options["warehouse"]}
        found += _with_python(query, "snowflake.connector", arguments)
    return [*found, *_dbt(location, tables, options["database"], options["schema"])]


def _bigquery(location: Location, tables: Sequence[TableText]) -> list[Snippet]:
    project, dataset = _text(location, "project"), _text(location, "dataset")
    names = table_names(location)
    if not project or not names:
        return []
    table = ".".join(part for part in (project, dataset, names[0]) if part)
    query = _query(_backticked(table), _columns_of(location, tables), _bigquery_name)
    connect = f"bq query --project_id={shlex.quote(project)} --use_legacy_sql=false {{}}"
    python = (
        "from google.cloud import bigquery\n\n"
        f"client = bigquery.Client(project={_python_text(project)})\n"
        f"frame = client.query({_python_text(query)}).to_dataframe()"
    )
    return [
        Snippet("connect", "Connect", connect.format(shlex.quote(query))),
        Snippet("query", "Sample query", query),
        Snippet("python", "Python", python),
        *_dbt(location, tables, project, dataset),
    ]


def _databricks(location: Location, tables: Sequence[TableText]) -> list[Snippet]:
    names = table_names(location)
    if not names:
        return []
    place = (_text(location, "catalog"), _text(location, "schema"), names[0])
    table = ".".join(_ticked(part) for part in place if part)
    query = _query(table, _columns_of(location, tables), _ticked)
    return [
        Snippet("query", "Sample query", query),
        Snippet("python", "Python", f"frame = spark.sql({_python_text(query.rstrip(';'))})"),
        *_dbt(location, tables, place[0], place[1]),
    ]


def _files(location: Location, tables: Sequence[TableText]) -> list[Snippet]:
    place = _text(location, "location") or _text(location, "path")
    if not place:
        return []
    kind = _text(location, "format").lower() or "parquet"
    reader = {"csv": "read_csv", "json": "read_json"}.get(kind, "read_parquet")
    literal = place.replace("'", "''")
    query = _query(f"{reader}('{literal}')", _columns_of(location, tables), sql_name)
    duckdb = f"import duckdb\n\nframe = duckdb.sql({_python_text(query.rstrip(';'))}).df()"
    frames = f"import pandas as pd\n\nframe = pd.{reader}({_python_text(place.removesuffix('*'))})"
    found = [
        Snippet("query", "Sample query (DuckDB)", query),
        Snippet("python", "Python (DuckDB)", duckdb),
    ]
    return found if "*" in place else [*found, Snippet("pandas", "Python (pandas)", frames)]


def _kafka(location: Location, _tables: Sequence[TableText]) -> list[Snippet]:
    broker, topic = _text(location, "host"), _text(location, "topic")
    if not broker or not topic:
        return []
    connect = (
        f"kcat -C -b {shlex.quote(broker)} -t {shlex.quote(topic)} -o -10 -e"
        " -X security.protocol=SASL_SSL -X sasl.username=YOUR_LOGIN"
    )
    python = (
        "from confluent_kafka import Consumer\n\n"
        f'consumer = Consumer({{"bootstrap.servers": {_python_text(broker)}, '
        '"group.id": "YOUR_GROUP"})\n'
        f"consumer.subscribe([{_python_text(topic)}])\n"
        "message = consumer.poll(10)"
    )
    return [Snippet("connect", "Connect", connect), Snippet("python", "Python", python)]


WRITERS: Mapping[str, Callable[[Location, Sequence[TableText]], list[Snippet]]] = {
    "postgresql": _postgres,
    "snowflake": _snowflake,
    "bigquery": _bigquery,
    "databricks": _databricks,
    "s3": _files,
    "gcs": _files,
    "azure": _files,
    "kafka": _kafka,
}


def _query(table: str, columns: Sequence[ColumnText], quote: Quote) -> str:
    """The first columns; where there is a moment, with a filter on it."""
    named = ", ".join(quote(each.name) for each in columns[:MAX_NAMED]) or "*"
    if not columns:
        return f"SELECT {named} FROM {table} LIMIT 10;"  # noqa: S608 - for people to copy
    moment = next((each for each in columns if each.logical_type in MOMENTS), None)
    where = f"{quote(moment.name)} >= {SINCE}" if moment else ""
    where = where or f"{quote(columns[0].name)} IS NOT NULL"
    return f"SELECT {named}\nFROM {table}\nWHERE {where}\nLIMIT 10;"


def _with_python(query: str, module: str, arguments: Mapping[str, str]) -> list[Snippet]:
    """A query, and a program with a DB-API module that runs it."""
    said = ", ".join(f"{key}={_python_text(value)}" for key, value in arguments.items() if value)
    python = (
        f"import {module}\n\n"
        f"with {module}.connect({said}) as connection:\n"
        f"    rows = connection.cursor().execute({_python_text(query.rstrip(';'))}).fetchall()"
    )
    return [Snippet("query", "Sample query", query), Snippet("python", "Python", python)]


def _dbt(
    location: Location, tables: Sequence[TableText], database: str, schema: str
) -> list[Snippet]:
    """`sources.yml`: where the tables are, and what their columns mean."""
    if not tables:
        return []
    described = [
        _without_empty(
            {
                "name": table.name,
                "identifier": _identifier(location, table.name),
                "description": table.description,
                "columns": [
                    _without_empty({"name": each.name, "description": each.description})
                    for each in table.columns
                ],
            }
        )
        for table in tables[:MAX_TABLES]
    ]
    name = DBT_NAME.sub("_", (schema or database or "source").lower()).strip("_") or "source"
    source = {"name": name, "database": database, "schema": schema, "tables": described}
    data = {"version": 2, "sources": [_without_empty(source)]}
    return [Snippet("dbt", "dbt source", dump_yaml(data).rstrip("\n"))]


def _identifier(location: Location, name: str) -> str:
    """The table behind a described object, where it has another name."""
    table = _table_name((location.get("tables") or {}).get(name, name))
    return "" if table == name else table


def _without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value}


def _columns_of(location: Location, tables: Sequence[TableText]) -> tuple[ColumnText, ...]:
    """The columns of the first table, as the place names them."""
    places = location.get("tables")
    first = next(iter(places), "") if isinstance(places, Mapping) else ""
    table = next((each for each in tables if each.name == first), None)
    if table is None:
        return tables[0].columns if tables and not places else ()
    place = places[first] if isinstance(places, Mapping) else None
    names = place.get("columns", {}) if isinstance(place, Mapping) else {}
    return tuple(
        ColumnText(str(names.get(each.name, each.name)), each.logical_type, each.description)
        for each in table.columns
    )


def table_names(location: Location) -> list[str]:
    """The tables of a port, in its order."""
    tables = location.get("tables")
    return [_table_name(each) for each in tables.values()] if isinstance(tables, Mapping) else []


def first_table(location: Location) -> str:
    """The first table of a port as SQL names it; "" when none is known."""
    names = table_names(location)
    if not names:
        return ""
    return ".".join(sql_name(part) for part in (_text(location, "schema"), names[0]) if part)


def _table_name(place: Any) -> str:
    return str(place.get("table", "")) if isinstance(place, Mapping) else str(place)


def _text(location: Location, key: str) -> str:
    return str(location.get(key) or "")


def sql_name(name: str) -> str:
    """A name in standard SQL."""
    if PLAIN.match(name):
        return name
    return '"' + name.replace('"', '""') + '"'


def _ticked(name: str) -> str:
    return name if PLAIN.match(name) else "`" + name.replace("`", "``") + "`"


def _backticked(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _bigquery_name(name: str) -> str:
    return name if PLAIN.match(name) else _backticked(name)


def _dsn_value(value: Any) -> str:
    """A value of a connection string (libpq)."""
    text = str(value)
    if PLAIN_VALUE.match(text):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _shell_text(text: str) -> str:
    """One argument of a shell; the usual ones in double quotes, as people write them."""
    is_plain = all(PLAIN_VALUE.match(part) for part in re.split(r"[ =]", text) if part)
    return f'"{text}"' if is_plain else shlex.quote(text)


def _python_text(text: str) -> str:
    return repr(text) if '"' in text else json.dumps(text, ensure_ascii=False)
