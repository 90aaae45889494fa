"""Column types: from a contract's logical and physical types to PostgreSQL's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import sql

# What may stand in DDL: canonical spelling (as format_type() prints it) -> how many arguments.
BASES: Final[dict[str, tuple[LiteralString, int]]] = {
    "smallint": ("smallint", 0),
    "integer": ("integer", 0),
    "bigint": ("bigint", 0),
    "real": ("real", 0),
    "double precision": ("double precision", 0),
    "numeric": ("numeric", 2),
    "text": ("text", 0),
    "character varying": ("character varying", 1),
    "character": ("character", 1),
    "boolean": ("boolean", 0),
    "date": ("date", 0),
    "time without time zone": ("time without time zone", 0),
    "timestamp without time zone": ("timestamp without time zone", 0),
    "timestamp with time zone": ("timestamp with time zone", 0),
    "uuid": ("uuid", 0),
    "jsonb": ("jsonb", 0),
    "bytea": ("bytea", 0),
}
LOGICAL: Final = {
    "string": "text",
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp with time zone",
    "time": "time without time zone",
    "object": "jsonb",
    "array": "jsonb",
    "map": "jsonb",
}
PHYSICAL: Final = {
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "double": "double precision",
    "decimal": "numeric",
    "string": "text",
    "varchar": "character varying",
    "char": "character",
    "bool": "boolean",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "json": "jsonb",
}
WRITTEN = re.compile(r"([a-z][a-z0-9 ]*?)(?:\((\d{1,4})(?:,(\d{1,4}))?\))?\Z")
MAX_ARGUMENT = {"numeric": 1000, "character varying": 10_000, "character": 1000}
INTEGERS = ("smallint", "integer", "bigint")
FLOATS = ("real", "double precision")


@dataclass(frozen=True)
class ColumnType:
    base: str  # a key of BASES
    args: tuple[int, ...] = ()

    def __str__(self) -> str:
        """As PostgreSQL's format_type() prints it."""
        return f"{self.base}({','.join(map(str, self.args))})" if self.args else self.base

    def as_sql(self) -> sql.Composable:
        base = sql.SQL(BASES[self.base][0])
        if not self.args:
            return base
        args = sql.SQL(", ").join(sql.Literal(arg) for arg in self.args)
        return sql.SQL("{}({})").format(base, args)


TEXT = ColumnType("text")


def column_type(logical: str | None, physical: str | None) -> tuple[ColumnType, str]:
    """The type of a column and a warning ("" when all is well).

    A physical type counts only when it is on the list; else the logical type decides, else text.
    """
    written = parse(physical) if physical else None
    if written is not None:
        return written, ""
    warning = f"physical type “{physical[:60]}” is not known here" if physical else ""
    if logical is None:
        return TEXT, warning
    base = LOGICAL.get(logical.strip().lower())
    if base is None:
        return TEXT, f"logical type “{logical[:60]}” is not known here, so it is text"
    return ColumnType(base), warning


def parse(written: str) -> ColumnType | None:
    """A type as people or format_type() write it; None when it is not on the list."""
    match = WRITTEN.match(re.sub(r"\s*([(),])\s*", r"\1", " ".join(written.lower().split())))
    if match is None:
        return None
    base = PHYSICAL.get(match[1], match[1])
    args = tuple(int(part) for part in match.groups()[1:] if part is not None)
    if base not in BASES or len(args) > BASES[base][1] or not _in_range(base, args):
        return None
    return _canonical(base, args)


def keeps_all_values(old: ColumnType, new: ColumnType) -> bool:
    """True when every value of `old` is a value of `new`, unchanged."""
    if old == new or new == TEXT:
        return True
    if old.base in INTEGERS:
        wider = new.base in INTEGERS and INTEGERS.index(new.base) >= INTEGERS.index(old.base)
        return wider or new == ColumnType("numeric")
    if old.base in FLOATS:
        return new.base in FLOATS and FLOATS.index(new.base) >= FLOATS.index(old.base)
    if old.base != new.base:
        return False
    return _wider_arguments(old, new)


def _wider_arguments(old: ColumnType, new: ColumnType) -> bool:
    if old.base == "character varying":
        return new.args >= old.args
    if old.base == "numeric":
        if not new.args or not old.args:
            return not new.args
        return new.args[1] >= old.args[1] and new.args[0] - new.args[1] >= old.args[0] - old.args[1]
    return False


def _canonical(base: str, args: tuple[int, ...]) -> ColumnType:
    if base == "numeric" and len(args) == 1:
        return ColumnType(base, (args[0], 0))
    if base == "character" and not args:
        return ColumnType(base, (1,))
    if base == "character varying" and not args:
        return TEXT
    return ColumnType(base, args)


def _in_range(base: str, args: tuple[int, ...]) -> bool:
    if not args:
        return True
    scale_fits = len(args) < 2 or args[1] <= args[0]
    return 1 <= args[0] <= MAX_ARGUMENT[base] and scale_fits
