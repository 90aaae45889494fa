"""Asking the helper; it is started when first asked and replaced when it dies."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.cel.process import Gone, Helper

MAX_SQL = 200_000  # characters of one text
LIMIT_S = 3.0  # wall time of one text
IDLE_S = 60.0
WAIT_S = 20.0  # for the turn of a caller
HELPER = Path(__file__).with_name("helper.py")
DIALECTS = (
    *("athena", "bigquery", "clickhouse", "databricks", "doris", "dremio", "drill", "druid"),
    *("duckdb", "dune", "exasol", "fabric", "hive", "materialize", "mysql", "oracle", "postgres"),
    *("presto", "prql", "redshift", "risingwave", "snowflake", "spark", "spark2", "sqlite"),
    *("starrocks", "tableau", "teradata", "trino", "tsql"),
)

Table = tuple[str, ...]  # the parts of a name: [catalog,] [schema,] table


class SqlUnread(Exception):
    """The text could not be read; says why, as the end of a sentence."""


@dataclass(frozen=True)
class Link:
    """The column `target` of what is written comes from a column of a table."""

    table: Table
    field: str
    target: str
    transformation: str


@dataclass(frozen=True)
class Statement:
    """One statement: what it writes (empty for a mere query), reads, and how."""

    target: Table
    sources: tuple[Table, ...]
    columns: tuple[str, ...]
    links: tuple[Link, ...]
    unread: str  # why the columns are not known; "" when they are


Reading = tuple[Statement, ...]


def read_sql(
    sql: str,
    *,
    dialect: str,
    tables: Iterable[tuple[Table, Sequence[str]]] = (),
    limit_s: float = LIMIT_S,
) -> Reading:
    """Where the columns of each statement come from.

    Args:
        dialect: of `DIALECTS`, or "" for what most of them share.
        tables: what is known of tables and their columns, for `*` and names without a table.

    Raises:
        SqlUnread: it is too long, no SQL, or took too long.
    """
    if len(sql) > MAX_SQL:
        raise SqlUnread(f"is longer than {MAX_SQL:,} characters")
    known = [[list(table), list(columns)] for table, columns in tables]
    question = {"sql": sql, "dialect": dialect, "tables": known, "limit_s": limit_s}
    try:
        answer = _ask(json.dumps(question).encode() + b"\n")
    except Gone as gone:
        raise SqlUnread(f"took longer than {limit_s:g} s to read") from gone
    if "error" in answer:
        text = " ".join(str(answer["text"]).split())[:160]
        raise SqlUnread(f"is not SQL that can be read: {text or answer['error']}")
    return tuple(_statement(each) for each in answer["statements"])


def _statement(found: dict[str, Any]) -> Statement:
    return Statement(
        target=tuple(found["target"]),
        sources=tuple(map(tuple, found["sources"])),
        columns=tuple(found["columns"]),
        links=tuple(
            Link(tuple(table), field, target, how) for table, field, target, how in found["links"]
        ),
        unread=found["unread"],
    )


_lock = threading.Lock()
_helper: Helper | None = None


def _ask(question: bytes) -> dict[str, Any]:
    """One answer; a helper that ended before the question came is replaced.

    Raises:
        Gone: the helper died over this question, or others kept it too long.
    """
    global _helper
    if not _lock.acquire(timeout=WAIT_S):
        raise Gone
    try:
        for is_last in (False, True):
            try:
                if _helper is None:
                    _helper = Helper(
                        IDLE_S, script=HELPER, folder=_packages(), answer_s=LIMIT_S + 2
                    )
                return _helper.ask(question)
            except Gone as gone:
                helper, _helper = _helper, None
                if helper is not None:
                    helper.stop()
                if gone.overran or is_last:
                    raise
        raise Gone
    finally:
        _lock.release()


def _after_fork() -> None:
    """A forked child starts its own: the parent's socket and lock are not the child's."""
    global _helper, _lock
    helper, _helper = _helper, None
    _lock = threading.Lock()
    if helper is not None:
        with contextlib.suppress(OSError):
            helper.forget()


def _packages() -> str:
    """Where the library lies; finding it does not import it."""
    spec = importlib.util.find_spec("sqlglot")
    if spec is None or not spec.submodule_search_locations:
        raise Gone
    return str(Path(spec.submodule_search_locations[0]).parent)


os.register_at_fork(after_in_child=_after_fork)
