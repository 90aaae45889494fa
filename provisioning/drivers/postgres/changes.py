"""From the tables that are there to the tables of a contract, without losing a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psycopg import sql

from provisioning.drivers.postgres import labels, naming
from provisioning.drivers.postgres.coltypes import keeps_all_values, parse
from provisioning.drivers.postgres.found import FoundColumn, FoundTable
from provisioning.drivers.postgres.specs import Column, Table
from provisioning.drivers.protocol import Change, PermanentError

HasRows = Callable[[sql.Identifier], bool]


@dataclass(frozen=True)
class Alteration:
    """One statement. A `wish` may be impossible with the rows that are there: a warning, then."""

    kind: str  # table or column
    name: str
    change: Change
    statement: sql.Composed
    wish: str = ""


def create_table(schema: str, name: str, table: Table) -> list[Alteration]:
    names = column_names(table, None)
    columns = [_definition(names[column.source], column) for column in table.columns]
    key = [sql.Identifier(names[column.source]) for column in table.columns if column.primary_key]
    if key:
        columns.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(key)))
    columns += [
        sql.SQL("UNIQUE ({})").format(sql.Identifier(names[column.source]))
        for column in table.columns
        if column.unique and not (column.primary_key and len(key) == 1)
    ]
    statement = sql.SQL("CREATE TABLE {} ({})").format(
        sql.Identifier(schema, name), sql.SQL(", ").join(columns)
    )
    return [Alteration("table", name, Change.CREATE, statement)]


def alter_table(
    schema: str, found: FoundTable, table: Table, has_rows: HasRows
) -> list[Alteration]:
    """What must change in `found`; columns that the contract no longer has stay, but may be empty.

    Raises:
        PermanentError: a change of type would lose values.
    """
    names = column_names(table, found)
    where = sql.Identifier(schema, found.name)
    alterations: list[Alteration] = []
    for column in table.columns:
        there = found.columns.get(column.source)
        if there is None:
            alterations += _add(where, found.name, names[column.source], column)
        else:
            alterations += _retype(where, found.name, there, column, has_rows)
            alterations += _renull(where, found, there, column)
    wanted = {column.source for column in table.columns}
    for source, there in found.columns.items():
        if source not in wanted and there.not_null and there.name not in found.primary_key:
            alterations.append(_nullable(where, found.name, there.name))
    return alterations + _keys(where, found, table, names)


def column_names(table: Table, found: FoundTable | None) -> dict[str, str]:
    """`{property: column}`; a column that is there keeps its name."""
    taken = found.names() if found is not None else None
    return naming.allocate((column.source for column in table.columns), prefix="c", taken=taken)


def comments(
    schema: str, name: str, table: Table, names: dict[str, str], label: labels.Label
) -> list[sql.Composed]:
    """The comments of the table (with its label) and of its columns."""
    where = sql.Identifier(schema, name)
    text = sql.Literal(labels.comment(table.description, label))
    return [sql.SQL("COMMENT ON TABLE {} IS {}").format(where, text)] + [
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            sql.Identifier(schema, name, names[column.source]),
            sql.Literal(
                labels.property_comment(column.description, column.source, names[column.source])
            ),
        )
        for column in table.columns
    ]


def _definition(name: str, column: Column) -> sql.Composable:
    null = sql.SQL(" NOT NULL") if column.required else sql.SQL("")
    return sql.SQL("{} {}{}").format(sql.Identifier(name), column.type.as_sql(), null)


def _add(where: sql.Identifier, table: str, name: str, column: Column) -> list[Alteration]:
    statement = sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
        where, sql.Identifier(name), column.type.as_sql()
    )
    added = Alteration("column", f"{table}.{name}", Change.CREATE, statement)
    return [added, _required(where, table, name)] if column.required else [added]


def _retype(
    where: sql.Identifier, table: str, there: FoundColumn, column: Column, has_rows: HasRows
) -> list[Alteration]:
    if there.type == str(column.type):
        return []
    old = parse(there.type)
    lossless = old is not None and keeps_all_values(old, column.type)
    if not lossless and has_rows(where):
        raise PermanentError(
            f"{table}.{there.name} is {there.type} and holds data; as {column.type} values could be"
            " lost. Add a new column, or a new major version of the port."
        )
    name, kind = sql.Identifier(there.name), column.type.as_sql()
    source = sql.SQL("{}").format(name) if lossless else sql.SQL("NULL")
    statement = sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {} USING {}::{}").format(
        where, name, kind, source, kind
    )
    return [Alteration("column", f"{table}.{there.name}", Change.UPDATE, statement)]


def _renull(
    where: sql.Identifier, found: FoundTable, there: FoundColumn, column: Column
) -> list[Alteration]:
    if column.required and not there.not_null:
        return [_required(where, found.name, there.name)]
    if there.not_null and not column.required and there.name not in found.primary_key:
        return [_nullable(where, found.name, there.name)]
    return []


def _required(where: sql.Identifier, table: str, name: str) -> Alteration:
    statement = sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL").format(
        where, sql.Identifier(name)
    )
    wish = f"{table}.{name} is required, but there are rows without it: it stays optional for now"
    return Alteration("column", f"{table}.{name}", Change.UPDATE, statement, wish)


def _nullable(where: sql.Identifier, table: str, name: str) -> Alteration:
    statement = sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(
        where, sql.Identifier(name)
    )
    return Alteration("column", f"{table}.{name}", Change.UPDATE, statement)


def _keys(
    where: sql.Identifier, found: FoundTable, table: Table, names: dict[str, str]
) -> list[Alteration]:
    """Keys that are missing; keys that are there stay."""
    key = [names[column.source] for column in table.columns if column.primary_key]
    alterations = []
    if key and not found.primary_key:
        columns = sql.SQL(", ").join(sql.Identifier(name) for name in key)
        statement = sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(where, columns)
        wish = f"{found.name} has rows that break the primary key: it is not enforced for now"
        alterations.append(Alteration("table", found.name, Change.UPDATE, statement, wish))
    for column in table.columns:
        name = names[column.source]
        if column.unique and name not in found.unique and [name] != key:
            statement = sql.SQL("ALTER TABLE {} ADD UNIQUE ({})").format(
                where, sql.Identifier(name)
            )
            wish = f"{found.name}.{name} has duplicates: unique is not enforced for now"
            alterations.append(
                Alteration("column", f"{found.name}.{name}", Change.UPDATE, statement, wish)
            )
    return alterations
