"""Rows on their way into the database: columns by the model, text form by the type (COPY)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED
from psycopg import sql

Row = tuple[Any, ...]
Encode = Callable[[Any], Any]


class Table:
    """The rows of one model that wait to be written.

    `columns` are the ones that a row gives. Every other column gets its default, so a new column
    that has one, or may be null, needs no change here.
    """

    def __init__(self, model: type[models.Model], *columns: str) -> None:
        fields = {field.attname: field for field in model._meta.concrete_fields}
        unknown = set(columns) - set(fields)
        if unknown:
            raise ValueError(f"{model._meta.label} has no column {', '.join(sorted(unknown))}")
        left = [field for name, field in fields.items() if name not in columns]
        constant = [field for field in left if not _is_filled_by_database(field)]
        self.model = model
        self.name = model._meta.db_table
        written = [*(fields[name] for name in columns), *constant]
        self.columns = [str(field.column) for field in written]
        self._tail = tuple(_encoder(field)(_default(field)) for field in constant)
        encoders = [(at, _encoder(fields[name])) for at, name in enumerate(columns)]
        self._encoders = [(at, encode) for at, encode in encoders if encode is not _plain]
        self.is_numbered = columns[0] == "id" and _is_number(fields["id"])
        self._next_id = 0
        self.rows: list[Row] = []
        self.count = 0

    def add(self, *row: Any) -> None:
        """One row, in the order of `columns`."""
        self.rows.append(row)

    def new_id(self) -> int:
        """The next number of the table's sequence; see `reserve`."""
        return self.new_ids(1)

    def new_ids(self, count: int) -> int:
        """The first of so many numbers."""
        taken = self._next_id
        self._next_id += count
        return taken

    def reserve(self) -> None:
        """Begin to number after the sequence; nobody else may write meanwhile (`lock`)."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [self.name])
            self._next_id = cursor.fetchone()[0]

    def release(self) -> None:
        """Let the sequence go on after the last number taken."""
        with connection.cursor() as cursor:
            statement = "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)"
            cursor.execute(statement, [self.name, max(1, self._next_id)])

    def write(self) -> None:
        """COPY what waits; the constraints of the table are checked as always."""
        if not self.rows:
            return
        names = sql.SQL(", ").join([sql.Identifier(column) for column in self.columns])
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(self.name), names)
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in self._encoded():
                copy.write_row(row)
        self.count += len(self.rows)
        self.rows.clear()

    def _encoded(self) -> Iterable[Row]:
        tail, encoders = self._tail, self._encoders
        if not encoders:
            return (row + tail for row in self.rows)
        return (_encoded(row, encoders) + tail for row in self.rows)


def lock(tables: Iterable[Table]) -> None:
    """Readers go on; whoever writes to one of the tables waits for the end of the transaction."""
    names = sql.SQL(", ").join(sql.Identifier(table.name) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(names))


def json_text(value: Any) -> str:
    """JSON as the database reads it."""
    return orjson.dumps(value).decode()


def array_text(values: Sequence[Any]) -> str:
    """The text form of an array."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encoded(row: Row, encoders: Sequence[tuple[int, Encode]]) -> Row:
    values = list(row)
    for at, encode in encoders:
        values[at] = encode(values[at])
    return tuple(values)


def _encoder(field: models.Field[Any, Any]) -> Encode:
    """Texts are taken to be in the database's form already."""
    if isinstance(field, ArrayField):
        return lambda value: value if value is None or isinstance(value, str) else array_text(value)
    if isinstance(field, models.JSONField):
        return lambda value: value if value is None or isinstance(value, str) else json_text(value)
    return _plain


def _plain(value: Any) -> Any:
    return value


def _is_number(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.AutoField | models.BigAutoField)


def _is_filled_by_database(field: models.Field[Any, Any]) -> bool:
    return _is_number(field) or field.db_default is not NOT_PROVIDED


def _default(field: models.Field[Any, Any]) -> Any:
    value = field.get_default()
    return None if value == "" and field.null else value
