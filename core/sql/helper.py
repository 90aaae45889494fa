"""The process that reads SQL: `python -I -S helper.py <packages folder> <idle seconds>`.

One JSON line in, one out, over the socket that is its standard input. It ends when the other side
closes, when nothing was asked for a while, and, by the kernel's timer, when a text takes too long.
"""

import json
import logging
import resource
import select
import signal
import sys
from typing import Any

MEMORY = 768 * 1024 * 1024  # bytes of address space
RECURSION = 3000
MAX_STATEMENTS = 50
MAX_LINKS = 20_000
RANKS = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")


def main(folder: str, idle_s: float) -> None:
    """Answer until nobody asks any more, or nobody did for `idle_s`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the asking process's affair
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.insert(0, folder)
    sys.setrecursionlimit(RECURSION)
    import sqlglot.lineage

    logging.disable(logging.CRITICAL)
    asked, said = open(0, "rb", buffering=0), open(1, "wb", buffering=0)  # noqa: SIM115
    say(said, {"ready": sqlglot.lineage is not None})
    pending = b""
    while True:
        line, pending = read_line(asked, pending, idle_s)
        if line is None:
            return
        say(said, answer(json.loads(line)))


def read_line(source: Any, pending: bytes, idle_s: float) -> tuple[bytes | None, bytes]:
    """The next line and what follows it; None at the end or after a long silence."""
    while b"\n" not in pending:
        ready, _, _ = select.select([source], [], [], idle_s)
        chunk = source.read(65_536) if ready else b""
        if not chunk:
            return None, b""
        pending += chunk
    line, _, rest = pending.partition(b"\n")
    return line, rest


def say(target: Any, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[target.write(data) :]


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The statements of a text, or the error."""
    signal.setitimer(signal.ITIMER_REAL, question["limit_s"])
    try:
        return {"statements": statements(question)}
    except BaseException as error:  # noqa: BLE001 - memory and recursion run out, too
        return {"error": type(error).__name__, "text": str(error)[:500]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def statements(question: dict[str, Any]) -> list[dict[str, Any]]:
    import sqlglot

    dialect = question["dialect"] or None
    parsed = sqlglot.parse(question["sql"], dialect=dialect)
    schema = schema_of(question["tables"], dialect)
    return [
        statement(expression, schema, dialect)
        for expression in parsed[:MAX_STATEMENTS]
        if expression is not None
    ]


def schema_of(tables: list[Any], dialect: str | None) -> Any:
    """What is known of tables: `[[parts, columns], ...]`, all named with equally many parts."""
    from sqlglot import exp
    from sqlglot.schema import MappingSchema

    schema = MappingSchema(dialect=dialect)
    depth = max((len(parts) for parts, _ in tables), default=0)
    for parts, columns in tables:
        if len(parts) == depth and columns:
            names = [exp.to_identifier(part) for part in reversed(parts)]
            table = exp.Table(**dict(zip(("this", "db", "catalog"), names, strict=False)))
            kinds = dict.fromkeys(columns, "text")
            schema.add_table(table, kinds, dialect=dialect, match_depth=False)
    return schema


def statement(expression: Any, schema: Any, dialect: str | None) -> dict[str, Any]:
    """What one statement writes, and from where."""
    from sqlglot import exp

    target, names, query = None, [], None
    if isinstance(expression, exp.Create | exp.Insert):
        target = expression.find(exp.Table) if expression.this else None
        if isinstance(expression.this, exp.Schema):
            names = [each.name for each in expression.this.expressions]
        query = expression.expression
    elif isinstance(expression, exp.Query):
        query = expression
    elif isinstance(expression, exp.Merge | exp.Update):
        target = expression.this
    if isinstance(query, exp.Subquery):
        query = query.unnest()
    found = {
        "target": parts_of(target),
        "sources": tables_in(expression, target),
        "links": [],
        "columns": [],
        "unread": "",
    }
    if isinstance(query, exp.Query):
        with_ = expression.args.get("with_") if query is not expression else None
        if with_ is not None and not query.args.get("with_"):
            query.set("with_", with_.copy())
        add_columns(found, query, names, schema, dialect)
    return found


def tables_in(expression: Any, target: Any) -> list[list[str]]:
    """Tables that are read: not the target, not a name of the statement's own."""
    from sqlglot import exp

    own = {cte.alias_or_name.lower() for cte in expression.find_all(exp.CTE)}
    found: dict[tuple[str, ...], None] = {}
    for table in expression.find_all(exp.Table):
        parts = parts_of(table)
        if table is target or not parts or (len(parts) == 1 and parts[0].lower() in own):
            continue
        found[tuple(parts)] = None
    return [list(parts) for parts in found]


def parts_of(table: Any) -> list[str]:
    from sqlglot import exp

    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return []
    return [part.name for part in table.parts if part.name]


def add_columns(
    found: dict[str, Any], query: Any, names: list[str], schema: Any, dialect: str | None
) -> None:
    """The columns of the query and where each comes from; or why that is not known."""
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage

    try:
        roots = lineage(None, query, schema, dialect=dialect, copy=False)
    except (SqlglotError, ValueError, KeyError, AttributeError, TypeError) as error:
        found["unread"] = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return
    for n, (name, root) in enumerate(roots.items()):
        column = names[n] if n < len(names) else name
        if name == "*" or not name:
            found["unread"] = "what * stands for is not known"
            continue
        found["columns"].append(column)
        for parts, field, rank in leaves(root):
            if len(found["links"]) < MAX_LINKS:
                found["links"].append([parts, field, column, f"DIRECT/{RANKS[rank]}"])


def leaves(root: Any) -> list[tuple[list[str], str, int]]:
    """`(table, column, rank)`: where a column comes from, and the most that was done to it."""
    from sqlglot import exp

    best: dict[int, int] = {}
    found: dict[tuple[tuple[str, ...], str], int] = {}
    queue = [(root, 0)]
    while queue:
        node, rank = queue.pop()
        rank = max(rank, rank_of(node.expression))
        if best.get(id(node), -1) >= rank:
            continue
        best[id(node)] = rank
        if isinstance(node.expression, exp.Table) and not node.downstream:
            parts, field = parts_of(node.expression), exp.to_column(node.name).name
            if parts and field and field != "*":
                found[tuple(parts), field] = max(rank, found.get((tuple(parts), field), 0))
        queue += [(each, rank) for each in node.downstream]
    return [(list(parts), field, rank) for (parts, field), rank in found.items()]


def rank_of(expression: Any) -> int:
    from sqlglot import exp

    inner = expression.unalias() if isinstance(expression, exp.Alias) else expression
    if isinstance(inner, exp.Column | exp.Table | exp.Star | exp.Query | exp.Subquery):
        return 0
    return 2 if inner.find(exp.AggFunc) is not None else 1


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
