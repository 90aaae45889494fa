"""What a team's SQL rule may be: one SELECT on tables of its own schema, without side effects."""

from __future__ import annotations

import re
from typing import Any, Final

from provisioning.drivers.postgres.rules import NotEvaluable

LONGEST = 20_000  # characters
# A list of names, since what a function of the server does stands nowhere; rights stand behind it.
FORBIDDEN: Final = re.compile(
    r"pg_(?!typeof\Z|column_size\Z)|dblink|lo_|lo(read|write|open|creat)|txid_|has_|system_user"
    r"|(set_config|current_setting|version|row_security_active|nextval|currval|setval|lastval)\Z"
    r"|(query|table|schema|database|cursor)_to_xml|inet_(server|client)"
)
ESCAPED: Final = re.compile(r"\bu&\"", re.IGNORECASE)
SYSTEM: Final = frozenset({"pg_catalog", "information_schema", "pg_toast", "pg_temp"})
ONLY_SELECT = "A rule in SQL is one SELECT that only reads."


def require_harmless(text: str, schema: str) -> None:
    """Look at a query before anything runs.

    Raises:
        NotEvaluable: it is no single SELECT, writes, locks, waits, or looks elsewhere; the message
            says what of it.
    """
    if len(text) > LONGEST:
        raise NotEvaluable(f"The query is longer than {LONGEST:,} characters.")
    if ESCAPED.search(text):
        raise NotEvaluable(f"{ONLY_SELECT} It writes names with escapes.")
    statement = _read(text)
    from sqlglot import expressions as exp  # a large module that few processes need

    if not isinstance(statement, exp.Query):
        raise NotEvaluable(ONLY_SELECT)
    for each in statement.walk():
        if isinstance(each, exp.DML | exp.DDL | exp.Command | exp.Into) and not isinstance(
            each, exp.Query
        ):
            raise NotEvaluable(ONLY_SELECT)
        if isinstance(each, exp.Lock):
            raise NotEvaluable(f"{ONLY_SELECT} It locks rows.")
        if isinstance(each, exp.Func):
            _require_function(each)
    own = {cte.alias_or_name for cte in statement.find_all(exp.CTE)}
    for table in statement.find_all(exp.Table):
        _require_table(table, schema, own)


def _read(text: str) -> Any:
    from sqlglot import parse
    from sqlglot.errors import SqlglotError

    try:
        found = [each for each in parse(text, read="postgres") if each is not None]
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0][:200] if str(error) else "it is nested too deep"
        raise NotEvaluable(f"The query cannot be read: {_plain(first)}") from None
    if len(found) != 1:
        raise NotEvaluable(f"{ONLY_SELECT} There are {len(found)} statements.")
    return found[0]


def _require_function(each: Any) -> None:
    from sqlglot import expressions as exp

    names = [each.name] if isinstance(each, exp.Anonymous) else each.sql_names()
    wrong = next((name for name in names if FORBIDDEN.match(name.lower())), None)
    if wrong:
        raise NotEvaluable(f"{ONLY_SELECT} It calls {wrong.lower()}.")


def _require_table(table: Any, schema: str, own: set[str]) -> None:
    if table.args.get("db") is None and table.name in own:
        return
    place = table.args["db"].name if table.args.get("db") is not None else schema
    system = place in SYSTEM or table.name.startswith("pg_")
    if system or place != schema or table.args.get("catalog") is not None:
        raise NotEvaluable(
            f"The query reads {place}.{table.name}; it may read its own schema only."
        )


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
