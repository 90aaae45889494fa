"""What of a table one consumer gets: reading some columns and the rows that a filter keeps, or
reading and writing all of it.

Rows are kept back by a restrictive policy for the grant's role beside one policy that lets
everybody else see everything, so that a filter for one reader changes nothing for the others.
Where a value is missing (NULL) no filter keeps the row, except `is-null`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import errors, sql

from provisioning.drivers.postgres.session import Connection, rows, run, value
from provisioning.drivers.protocol import Json, PermanentError

COMPARED: Final = {
    "equals": "=",
    "not-equals": "<>",
    "less": "<",
    "at-most": "<=",
    "greater": ">",
    "at-least": ">=",
}
LISTED: Final = {"in": "IN", "not-in": "NOT IN"}
ALONE: Final = {"is-null": "IS NULL", "is-not-null": "IS NOT NULL"}
OPERATORS: Final = (*COMPARED, *LISTED, *ALONE)
EVERYBODY = "meshport_everybody"  # the policy that lets the others see everything
MARK = "meshport filter"

READS: Final = ("SELECT",)
WRITES: Final = ("DELETE", "INSERT", "SELECT", "UPDATE")  # never TRUNCATE, REFERENCES, TRIGGER

# `||`: see `grants.ENTERED`
HELD = """
SELECT c.relname,
    ARRAY(SELECT a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END
        FROM aclexplode(c.relacl || NULL::aclitem[]) a WHERE a.grantee = r.oid
        UNION SELECT a.privilege_type || ' of a column' FROM pg_attribute t, aclexplode(t.attacl) a
        WHERE t.attrelid = c.oid AND NOT t.attisdropped AND a.grantee = r.oid
            AND (a.privilege_type <> 'SELECT' OR a.is_grantable) ORDER BY 1),
    ARRAY(SELECT t.attname::text FROM pg_attribute t, aclexplode(t.attacl) a
        WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped AND a.grantee = r.oid
            AND a.privilege_type = 'SELECT'
        ORDER BY 1),
    (SELECT CASE WHEN NOT c.relrowsecurity OR p.polpermissive THEN 'off'
        WHEN obj_description(p.oid, 'pg_policy')
            LIKE '%% ' || md5(pg_get_expr(p.polqual, p.polrelid))
        THEN split_part(obj_description(p.oid, 'pg_policy'), ' ', 3) ELSE 'changed' END
        FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = r.rolname)
FROM pg_class c, pg_roles r
WHERE c.relnamespace = to_regnamespace(%(s)s) AND r.rolname = %(r)s
    AND c.relkind IN ('r', 'p', 'v', 'm')
"""


@dataclass(frozen=True)
class Held:
    """What a role has of one table. `columns` empty: all of them; `filter` "": all rows."""

    columns: tuple[str, ...] = ()
    filter: str = ""  # a digest of the conditions; `off` or `changed` when they do not hold
    rights: tuple[str, ...] = ()  # to the table as a whole; and what is more than SELECT of columns


@dataclass(frozen=True)
class Narrow:
    """What a role shall have of one table."""

    columns: tuple[str, ...]
    conditions: tuple[Mapping[str, Any], ...]
    writes: bool = False

    @property
    def rights(self) -> tuple[str, ...]:
        """To the table as a whole."""
        if self.columns:
            return ()
        return WRITES if self.writes else READS

    @property
    def held(self) -> Held:
        text = json.dumps(self.conditions, sort_keys=True) if self.conditions else ""
        digest = hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
        return Held(tuple(sorted(self.columns)), digest, self.rights)


def wanted(spec: Json) -> dict[str, Narrow]:
    """`{table: what the grant's role shall have of it}` of a step's spec."""
    narrow, writes = spec.get("narrow", {}), spec.get("mode") == "write"
    if narrow and writes:
        raise PermanentError("Who writes into a table has all of it: leave columns and rows out.")
    stray = sorted(set(narrow) - set(spec["tables"]))
    if stray:
        raise PermanentError(f"{stray[0]} is narrowed and not granted.")
    return {
        table: Narrow(
            tuple(narrow.get(table, {}).get("columns", ())),
            tuple(narrow.get(table, {}).get("rows", ())),
            writes,
        )
        for table in sorted(set(spec["tables"]))
    }


def held(conn: Connection, role: str, schema: str) -> dict[str, Held]:
    """`{table: what the role has of it now}`, as the server's catalogue knows it."""
    found = rows(conn, HELD, {"s": schema, "r": role})
    return {
        table: Held(() if "SELECT" in rights else tuple(columns), rule or "", tuple(rights))
        for table, rights, columns, rule in found
        if rights or columns or rule
    }


def apply(conn: Connection, role: str, schema: str, tables: Mapping[str, Narrow]) -> bool:
    """Give the role exactly that; True when anything was changed.

    Raises:
        PermanentError: a column that is not there, a view whose rows cannot be filtered, or a
            value that does not fit its column.
    """
    now = held(conn, role, schema)
    who = sql.Identifier(role)
    for table in sorted(set(now) - set(tables)):
        _open(conn, role, schema, table)
        run(conn, "REVOKE ALL ON {t} FROM {r}", t=sql.Identifier(schema, table), r=who)
    for table, narrow in tables.items():
        before = now.get(table)
        wanted = narrow.held
        if before is None or (before.columns, before.rights) != (wanted.columns, wanted.rights):
            _grant(conn, who, sql.Identifier(schema, table), narrow)
        if (before or Held()).filter != wanted.filter:
            _filter(conn, role, schema, table, narrow)
    return now != {table: narrow.held for table, narrow in tables.items()}


def lift(conn: Connection, role: str, schema: str) -> None:
    """Take the role's filters away; a table without any is open to its other readers as before."""
    for table, found in held(conn, role, schema).items():
        if found.filter:
            _open(conn, role, schema, table)


def _grant(conn: Connection, who: sql.Identifier, table: sql.Identifier, narrow: Narrow) -> None:
    run(conn, "REVOKE ALL ON {t} FROM {r}", t=table, r=who)
    if not narrow.columns:
        rights = sql.SQL(", ").join(sql.SQL(each) for each in narrow.rights)
        run(conn, "GRANT {rights} ON {t} TO {r}", rights=rights, t=table, r=who)
        return
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in sorted(narrow.columns))
    try:
        run(conn, "GRANT SELECT ({c}) ON {t} TO {r}", c=columns, t=table, r=who)
    except errors.UndefinedColumn as error:
        raise PermanentError(f"A column of the grant is not there: {_first(error)}") from error


def _filter(conn: Connection, role: str, schema: str, table: str, narrow: Narrow) -> None:
    _open(conn, role, schema, table)
    if not narrow.conditions:
        return
    where, name = sql.Identifier(schema, table), sql.Identifier(role)
    kept = sql.SQL(" AND ").join(_condition(each) for each in narrow.conditions)
    try:
        run(conn, "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY", t=where)
        if not _has_policy(conn, schema, table, EVERYBODY):
            everybody = sql.Identifier(EVERYBODY)
            run(conn, "CREATE POLICY {p} ON {t} USING (true)", p=everybody, t=where)
        run(
            conn,
            "CREATE POLICY {p} ON {t} AS RESTRICTIVE FOR SELECT TO {p} USING ({kept})",
            p=name,
            t=where,
            kept=kept,
        )
    except errors.WrongObjectType as error:
        raise PermanentError(f"{table} is a view; its rows cannot be filtered.") from error
    except errors.UndefinedColumn as error:
        raise PermanentError(f"A filter names no column of {table}: {_first(error)}") from error
    except (errors.DataError, errors.UndefinedFunction, errors.DatatypeMismatch) as error:
        text = f"A value of the filter on {table} does not fit its column."
        raise PermanentError(text) from error
    expression = value(
        conn,
        "SELECT md5(pg_get_expr(polqual, polrelid)) FROM pg_policy"
        " WHERE polrelid = to_regclass(%(t)s) AND polname = %(p)s",
        {"t": where.as_string(conn), "p": role},
    )
    mark = sql.Literal(f"{MARK} {narrow.held.filter} {expression}")
    run(conn, "COMMENT ON POLICY {p} ON {t} IS {mark}", p=name, t=where, mark=mark)


def _open(conn: Connection, role: str, schema: str, table: str) -> None:
    """Drop the role's filter; the last one of a table takes row level security with it."""
    where = sql.Identifier(schema, table)
    run(conn, "DROP POLICY IF EXISTS {p} ON {t}", p=sql.Identifier(role), t=where)
    left = rows(
        conn,
        "SELECT polname FROM pg_policy WHERE polrelid = to_regclass(%(t)s)",
        {"t": where.as_string(conn)},
    )
    if [row[0] for row in left] == [EVERYBODY]:
        run(conn, "DROP POLICY {p} ON {t}", p=sql.Identifier(EVERYBODY), t=where)
        run(conn, "ALTER TABLE {t} DISABLE ROW LEVEL SECURITY", t=where)


def _has_policy(conn: Connection, schema: str, table: str, name: str) -> bool:
    where = sql.Identifier(schema, table).as_string(conn)
    found = "SELECT EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = to_regclass(%(t)s)"
    return bool(value(conn, f"{found} AND polname = %(p)s)", {"t": where, "p": name}))


def _condition(each: Mapping[str, Any]) -> sql.Composable:
    """One condition as SQL; values are literals without a type, so they take the column's."""
    column, operator = sql.Identifier(each["column"]), each["operator"]
    values = [sql.Literal(_text(value)) for value in each.get("values", ())]
    _require_values(operator, values)
    if operator in ALONE:
        return sql.SQL("{c} {o}").format(c=column, o=sql.SQL(ALONE[operator]))
    if operator in LISTED:
        listed = sql.SQL(", ").join(values)
        return sql.SQL("{c} {o} ({v})").format(c=column, o=sql.SQL(LISTED[operator]), v=listed)
    return sql.SQL("{c} {o} {v}").format(c=column, o=sql.SQL(COMPARED[operator]), v=values[0])


def _require_values(operator: str, values: Sequence[object]) -> None:
    fits = {
        **dict.fromkeys(COMPARED, len(values) == 1),
        **dict.fromkeys(LISTED, bool(values)),
        **dict.fromkeys(ALONE, not values),
    }
    if not fits[operator]:
        raise PermanentError(f"The number of values does not fit “{operator}”.")


def _text(given: Any) -> str:
    return str(given).lower() if isinstance(given, bool) else str(given)


def _first(error: errors.Error) -> str:
    return str(error).partition("\n")[0]
