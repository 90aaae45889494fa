"""Library rules as SQL: built-in operators, quoted names and literals only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, LiteralString

from psycopg import sql

from provisioning.drivers.postgres.rules import NotEvaluable, Rule

NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
DAY, MOMENT, ZONED = "date", "timestamp without time zone", "timestamp with time zone"
TIMES = (DAY, MOMENT, ZONED)
ORDERED = (*NUMBERS, *TIMES, "time without time zone")
NOW: Final[Mapping[str, LiteralString]] = {
    DAY: "(now() AT TIME ZONE 'UTC')",
    MOMENT: "(now() AT TIME ZONE 'UTC')",
    ZONED: "now()",
}
NEWEST: Final[Mapping[str, LiteralString]] = {  # a day is over at its end
    DAY: "(max({c}) + 1)",
    MOMENT: "max({c})",
    ZONED: "max({c})",
}
BOUNDS: Final[Mapping[str, LiteralString]] = {
    "minimum": "{c} < {v}",
    "exclusiveMinimum": "{c} <= {v}",
    "maximum": "{c} > {v}",
    "exclusiveMaximum": "{c} >= {v}",
}
LENGTHS: Final[Mapping[str, LiteralString]] = {
    "minLength": "char_length({c}::text) < {v}",
    "maxLength": "char_length({c}::text) > {v}",
    "minItems": "jsonb_array_length(CASE jsonb_typeof({c}) WHEN 'array' THEN {c} END) < {v}",
    "maxItems": "jsonb_array_length(CASE jsonb_typeof({c}) WHEN 'array' THEN {c} END) > {v}",
}
FORMATS: Final[Mapping[str, str]] = {  # none of them is costly, whatever the text
    "email": r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$",
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "date": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$",
    "date-time": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d"
    r"(:[0-5]\d(\.\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?$",
    "ipv4": r"^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)$",
    "hostname": r"^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)"
    r"(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
    "uri": r"^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$",
    "url": r"^[a-zA-Z][a-zA-Z0-9+.-]*://\S+$",
}


@dataclass(frozen=True)
class Column:
    name: str
    type: str  # as format_type() prints it

    @property
    def base(self) -> str:
        """The type without its arguments: `numeric` of `numeric(10,2)`."""
        return self.type.partition("(")[0].strip()


@dataclass(frozen=True)
class Shape:
    """A table as its rules see it."""

    place: sql.Identifier
    columns: Mapping[str, Column]  # by the contract's name and by its own
    unique: frozenset[tuple[str, ...]] = field(default_factory=frozenset)  # sorted column names

    def column(self, name: str) -> Column:
        """Raises: NotEvaluable: the table has no such column."""
        if name not in self.columns:
            raise NotEvaluable(f"There is no column {name}.")
        return self.columns[name]


def own_columns(rule: Rule, shape: Shape) -> list[Column]:
    """The columns a rule is about.

    Raises:
        NotEvaluable: it names none, or one that is not there.
    """
    if not rule.columns:
        raise NotEvaluable("It names no column.")
    return [shape.column(name) for name in rule.columns]


def is_guaranteed(rule: Rule, shape: Shape) -> bool:
    """Whether a unique index of the table makes duplicates impossible."""
    return tuple(sorted(each.name for each in own_columns(rule, shape))) in shape.unique


def aggregate(rule: Rule, shape: Shape) -> sql.Composable:
    """What counts the rows that break a rule; of an age, the seconds since the newest value.

    Raises:
        NotEvaluable: unknown metric or column, missing arguments, a column of the wrong type.
    """
    if rule.metric == "rowCount":
        return sql.SQL("0")
    if rule.metric == "age":
        return _age(own_columns(rule, shape)[0])
    return sql.SQL("count(*) FILTER (WHERE {})").format(broken(rule, shape))


def broken(rule: Rule, shape: Shape) -> sql.Composable:
    """The condition that holds for the rows which break a rule about single rows.

    Raises:
        NotEvaluable: as `aggregate`.
    """
    columns = own_columns(rule, shape)
    if rule.metric not in CONDITIONS:
        raise NotEvaluable(f"The metric “{rule.metric}” is not known here.")
    return _any(CONDITIONS[rule.metric](rule, column) for column in columns)


def duplicates(columns: Sequence[Column], place: sql.Identifier) -> sql.Composed:
    """All rows, and those beyond the first of each value; rows without any value do not count."""
    names = sql.SQL(", ").join(sql.Identifier(each.name) for each in columns)
    return sql.SQL(
        "SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(n - 1) FILTER (WHERE filled), 0)::bigint"
        " FROM (SELECT count(*) AS n, num_nonnulls({c}) > 0 AS filled FROM {t} GROUP BY {c}) AS g"
    ).format(c=names, t=place)


def readable(rule: Rule, shape: Shape) -> sql.Composed:
    """The whole query of a library rule, to be run by whoever may read the table.

    Raises:
        NotEvaluable: as `aggregate`.
    """
    if rule.metric == "duplicateValues":
        return duplicates(own_columns(rule, shape), shape.place)
    found = [sql.SQL("count(*) AS rows")]
    if rule.metric != "rowCount":
        name = sql.SQL("seconds" if rule.metric == "age" else "broken")
        found.append(sql.SQL("{} AS {}").format(aggregate(rule, shape), name))  # type: ignore[arg-type]
    return sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(found), shape.place)


def _empty(_rule: Rule, column: Column) -> sql.Composable:
    return sql.SQL("{} IS NULL").format(sql.Identifier(column.name))


def _missing(rule: Rule, column: Column) -> sql.Composable:
    listed = _texts(rule.arguments.get("missingValues", [None, ""]))
    return sql.SQL("({c} IS NULL OR {c}::text = ANY({v}))").format(
        c=sql.Identifier(column.name), v=listed
    )


def _invalid(rule: Rule, column: Column) -> sql.Composable:
    given = rule.arguments
    parts = [
        _part(name, given[name], column)
        for name in (*PARTS, *BOUNDS, *LENGTHS, "multipleOf")
        if given.get(name) is not None
    ]
    if not parts:
        raise NotEvaluable("It needs validValues or a pattern.")
    name = sql.Identifier(column.name)
    return sql.SQL("({c} IS NOT NULL AND {any})").format(c=name, any=_any(parts))


def _part(name: str, given: Any, column: Column) -> sql.Composable:
    if name in PARTS:
        return PARTS[name](given, column)
    if name in BOUNDS:
        return _format(BOUNDS[name], column, _bound(given, column))
    if name in LENGTHS:
        return _length(name, given, column)
    if column.base not in NUMBERS or not isinstance(given, int | float) or given <= 0:
        raise NotEvaluable("A multiple needs a column of numbers, and a number above 0.")
    return _format("{c}::numeric % {v} <> 0", column, sql.Literal(_decimal(given)))


def _one_of(given: Any, column: Column) -> sql.Composable:
    if not isinstance(given, list):
        raise NotEvaluable("Its values are not a list.")
    numbers = [each for each in given if isinstance(each, int | float)]
    if column.base in NUMBERS and len(numbers) == len(given) and True not in numbers:
        listed = sql.SQL("{}::numeric[]").format(sql.Literal([str(each) for each in numbers]))
        return _format("{c} <> ALL({v})", column, listed)
    return _format("{c}::text <> ALL({v})", column, _texts(given))


def _pattern(given: Any, column: Column) -> sql.Composable:
    return _format("{c}::text !~ {v}", column, sql.Literal(str(given)))


def _of_format(given: Any, column: Column) -> sql.Composable:
    if given not in FORMATS:
        raise NotEvaluable(f"The format “{given}” is not known here.")
    return _pattern(FORMATS[given], column)


def _bound(given: Any, column: Column) -> sql.Composable:
    if isinstance(given, bool) or column.base not in ORDERED:
        raise NotEvaluable(f"{column.name} is {column.type}, which has no bounds.")
    if column.base in NUMBERS:
        if not isinstance(given, int | float):
            raise NotEvaluable(f"{column.name} holds numbers; “{given}” is none.")
        return sql.Literal(_decimal(given))
    return sql.SQL("{}::{}").format(sql.Literal(str(given)), sql.SQL(TIME_TYPES[column.base]))


def _length(name: str, given: Any, column: Column) -> sql.Composable:
    if isinstance(given, bool) or not isinstance(given, int):
        raise NotEvaluable(f"{name} is no whole number.")
    if name.endswith("Items") and column.base != "jsonb":
        raise NotEvaluable(f"{column.name} is {column.type}, which has no items.")
    return _format(LENGTHS[name], column, sql.Literal(given))


def _expired(rule: Rule, column: Column) -> sql.Composable:
    _require_time(column)
    kept = sql.SQL("{}::interval").format(sql.Literal(str(rule.arguments.get("keep", ""))))
    return sql.SQL("({c} IS NOT NULL AND {c} < {n} - {k})").format(
        c=sql.Identifier(column.name), n=sql.SQL(NOW[column.base]), k=kept
    )


def _age(column: Column) -> sql.Composable:
    _require_time(column)
    newest = sql.SQL(NEWEST[column.base]).format(c=sql.Identifier(column.name))
    return sql.SQL("extract(epoch FROM {n} - {m})").format(n=sql.SQL(NOW[column.base]), m=newest)


def _require_time(column: Column) -> None:
    if column.base not in TIMES:
        raise NotEvaluable(f"{column.name} is {column.type}, which is no point in time.")


def _texts(values: Any) -> sql.Composable:
    if not isinstance(values, list):
        raise NotEvaluable("Its values are not a list.")
    texts = [_text(each) for each in values if each is not None]
    return sql.SQL("{}::text[]").format(sql.Literal(texts))


def _text(value: Any) -> str:
    """A value as PostgreSQL's `::text` writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decimal(given: float) -> Decimal:
    """The number as it is written, not as it is stored."""
    return Decimal(repr(given))


def _format(text: LiteralString, column: Column, value: sql.Composable) -> sql.Composable:
    return sql.SQL(text).format(c=sql.Identifier(column.name), v=value)


def _any(conditions: Iterable[sql.Composable]) -> sql.Composable:
    """One of them; a single one stands as it is."""
    first, *more = conditions
    return sql.SQL("({})").format(sql.SQL(" OR ").join([first, *more])) if more else first


TIME_TYPES: Final[Mapping[str, LiteralString]] = {
    DAY: "date",
    MOMENT: "timestamp without time zone",
    ZONED: "timestamp with time zone",
    "time without time zone": "time without time zone",
}
CONDITIONS: Final[Mapping[str, Callable[[Rule, Column], sql.Composable]]] = {
    "nullValues": _empty,
    "missingValues": _missing,
    "invalidValues": _invalid,
    "expiredValues": _expired,
}
PARTS: Final[Mapping[str, Callable[[Any, Column], sql.Composable]]] = {
    "validValues": _one_of,
    "pattern": _pattern,
    "format": _of_format,
}
