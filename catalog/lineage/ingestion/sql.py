"""SQL text in: which tables and columns it makes from which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.actors import Actor
from catalog.lineage.data import ColumnEdgeKey, Facts
from catalog.lineage.formats.names import (
    LONGEST_NAME,
    LONGEST_NAMESPACE,
    Name,
    required_name,
    text_problem,
)
from catalog.lineage.keys import key_of
from catalog.lineage.models import Dataset
from catalog.lineage.services import require_lineage, store_told
from catalog.lineage.states import Origin, Side
from core.errors import Invalid
from core.problems import Problem
from core.sql import DIALECTS, MAX_SQL, SqlUnread, Statement, Table, read_sql

REFUSED = "The SQL could not be taken."


@dataclass(frozen=True)
class SqlText:
    """SQL as it is handed in."""

    sql: str
    dialect: str  # of DIALECTS, or ""
    namespace: str  # of the tables, e.g. postgres://host:5432
    default_schema: str = ""  # `schema` or `database.schema` of names without one
    job: Name | None = None


@dataclass
class Read:
    """What was found in SQL."""

    statements: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stored: bool = False


def sql_text(body: Mapping[str, Any]) -> SqlText:
    """The members of a call.

    Raises:
        Invalid: one is missing or unusable.
    """
    problems = []
    for name, longest in (("sql", MAX_SQL), ("namespace", LONGEST_NAMESPACE)):
        value = body.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            text = f"`{name}` is a text of 1 to {longest:,} characters."
            problems.append(Problem(f"/{name}", "required", text))
    dialect = body.get("dialect") or ""
    if dialect and dialect not in DIALECTS:
        text = f"Choose one of {', '.join(DIALECTS)}."
        problems.append(Problem("/dialect", "unknown-dialect", text))
    schema = body.get("default_schema") or ""
    if schema and text_problem(schema, LONGEST_NAME) is not None:
        problems.append(Problem("/default_schema", "bad-name", "It is `schema` or `db.schema`."))
    namespace = body.get("namespace")
    if isinstance(namespace, str) and namespace and not problems:
        problem = text_problem(namespace, LONGEST_NAMESPACE)
        problems += [Problem("/namespace", "bad-name", f"It {problem}.")] if problem else []
    job = _job(body.get("job"), problems)
    if problems:
        raise Invalid(REFUSED, problems)
    return SqlText(body["sql"], dialect, body["namespace"], schema, job)


def _job(value: Any, problems: list[Problem]) -> Name | None:
    if value is None:
        return None
    try:
        return required_name(value, "/job", REFUSED)
    except Invalid as refusal:
        problems += refusal.problems
    return None


def ingest_sql(*, text: SqlText, actor: Actor, dry_run: bool = False) -> Read:
    """Read SQL and, unless `dry_run`, store what it says.

    Raises:
        NotAllowed: the actor may not send lineage.
        Invalid: the text is no SQL that can be read, or takes too long.
    """
    require_lineage(actor)
    try:
        first = read_sql(text.sql, dialect=text.dialect)
        wanted = {table for statement in first for table in statement.sources}
        names = {_name(table, text): table for table in wanted}
        known = _known_columns(actor, names)
        found = read_sql(text.sql, dialect=text.dialect, tables=known) if known else first
    except SqlUnread as problem:
        raise Invalid(REFUSED, [Problem("/sql", "unreadable", f"It {problem}.")]) from problem
    facts = Facts(origin=Origin.SQL)
    read = Read()
    for statement in found:
        _add(statement, text, facts, read)
    if not read.statements:
        read.warnings.append("no statement reads or writes a table")
    elif not dry_run:
        read.warnings += store_told(facts=facts, actor=actor)
        read.stored = True
    return read


def _known_columns(actor: Actor, names: Mapping[Name, Table]) -> list[tuple[Table, list[str]]]:
    """The columns of those tables whose datasets the actor may see."""
    keys = {key_of(*name): table for name, table in names.items()}
    seen = Dataset.objects.visible_to(actor).filter(key__in=keys).values_list("key", "fields")
    return [(keys[key], [each["name"] for each in fields]) for key, fields in seen if fields]


def _add(statement: Statement, text: SqlText, facts: Facts, read: Read) -> None:
    if not statement.target and not statement.sources:
        return
    target = _name(statement.target, text) if statement.target else None
    sources = [_name(table, text) for table in statement.sources]
    if unusable := [name for name in (*sources, target) if name and not _is_usable(name)]:
        read.warnings.append(f"{unusable[0].name[:80]} is no usable name; left out")
        return
    if statement.unread:
        read.warnings.append(f"columns are not known: {statement.unread}")
    columns: list[dict[str, Any]] = []
    for name in (*sources, *([target] if target else [])):
        facts.name(name)
    if text.job is not None:
        facts.use(text.job, Side.IN, sources)
        facts.use(text.job, Side.OUT, [target] if target else [])
    for source in sources if target else ():
        if target is not None:
            facts.join(source, target, text.job)
    for link in statement.links:
        source = _name(link.table, text)
        columns.append(
            {
                "source": f"column:{source.namespace}:{source.name}#{link.field}",
                "target": link.target,
                "transformation": link.transformation,
            }
        )
        if target is not None and source in facts.datasets:
            key = ColumnEdgeKey(source, link.field, target, link.target, text.job)
            facts.links[key] = (link.transformation, False)
    read.statements.append(
        {
            "target": _node(target) if target else None,
            "sources": [_node(name) for name in sources],
            "columns": columns,
        }
    )


def _name(table: Table, text: SqlText) -> Name:
    """As other tools call the table: what the text leaves out of its name comes before it."""
    before = tuple(filter(None, text.default_schema.split(".")))
    missing = before[: len(before) + 1 - len(table)] if len(table) <= len(before) else ()
    return Name(text.namespace, ".".join((*missing, *table)))


def _is_usable(name: Name) -> bool:
    return text_problem(name.name, LONGEST_NAME) is None


def _node(name: Name) -> str:
    return f"dataset:{name.namespace}:{name.name}"
