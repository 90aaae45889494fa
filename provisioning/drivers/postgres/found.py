"""What a schema holds now: its tables as the catalogue of the server knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from psycopg import sql

from provisioning.drivers.postgres import labels
from provisioning.drivers.postgres.labels import Label
from provisioning.drivers.postgres.session import Connection, rows

TABLES = (
    "SELECT c.oid, c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c"
    " WHERE c.relnamespace = to_regnamespace(%(schema)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " ORDER BY c.relname"
)
COLUMNS = (
    "SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " col_description(a.attrelid, a.attnum) FROM pg_attribute a"
    " WHERE a.attrelid = ANY(%(oids)s) AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attrelid, a.attnum"
)
KEYS = (
    "SELECT k.conrelid, k.contype = 'p', array_agg(a.attname ORDER BY a.attnum)"
    " FROM pg_constraint k"
    " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)"
    " WHERE k.conrelid = ANY(%(oids)s) AND k.contype IN ('p', 'u') GROUP BY k.oid, 1, 2"
)


@dataclass(frozen=True)
class FoundColumn:
    name: str
    type: str  # as format_type() prints it
    not_null: bool
    comment: str | None = None


@dataclass
class FoundTable:
    name: str
    label: Label | None
    columns: dict[str, FoundColumn] = field(default_factory=dict)  # by the contract's name
    primary_key: tuple[str, ...] = ()  # column names, sorted
    unique: set[str] = field(default_factory=set)  # columns that are unique on their own

    def names(self) -> dict[str, str]:
        """`{property of the contract: column}`."""
        return {source: column.name for source, column in self.columns.items()}


def tables_in(conn: Connection, schema: str) -> list[FoundTable]:
    """All tables and views of the schema, sorted by name."""
    by_oid = {
        oid: FoundTable(name, labels.read(text))
        for oid, name, text in rows(conn, TABLES, {"schema": schema})
    }
    oids = {"oids": list(by_oid)}
    for oid, name, kind, not_null, text in rows(conn, COLUMNS, oids):
        source = labels.read_source(text) or name
        by_oid[oid].columns[source] = FoundColumn(name, kind, not_null, text)
    for oid, primary, names in rows(conn, KEYS, oids):
        if primary:
            by_oid[oid].primary_key = tuple(sorted(names))
        elif len(names) == 1:
            by_oid[oid].unique.add(names[0])
    return list(by_oid.values())


def own(tables: list[FoundTable], instance_id: UUID) -> dict[str, FoundTable]:
    """`{object of the contract: table}` of what the instance made."""
    return {
        table.label.source or table.name: table
        for table in tables
        if table.label is not None and table.label.instance_id == instance_id
    }


def has_rows(conn: Connection, table: sql.Identifier) -> bool:
    row = conn.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(table)).fetchone()
    return bool(row and row[0])
