"""Pieces of a statement: common table expressions and the SELECTs that read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

Count = tuple[str, str, str, int]  # facet, value, label, count

# Goes along with the statement, for its transaction: of a frequent word PostgreSQL would read the
# table from its beginning until the cap is reached, taking every vector from beside its row; and it
# would begin processes of its own, which takes longer than the answer.
INDEXED = "SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0; "


class Part:
    """SELECTs that are joined by UNION ALL, with the CTE they read."""

    def __init__(
        self,
        selects: Iterable[str],
        name: str = "",
        cte: str = "",
        params: Sequence[Any] = (),
        stored: str = "MATERIALIZED",
    ):
        self.selects, self.name, self.cte, self.params = list(selects), name, cte, params
        self.stored = stored


def stored(name: str, rows: Any) -> Part:
    """The CTE `name` of a queryset of columns."""
    return Part([], name, *rows.query.sql_with_params())


def rows_of(parts: Sequence[Part]) -> list[Count]:
    ctes = [f"{part.name} AS {part.stored} ({part.cte})" for part in parts if part.cte]
    params = [value for part in parts for value in part.params]
    selects = [f"({select})" for part in parts for select in part.selects]
    sql = (f"WITH {', '.join(ctes)} " if ctes else "") + " UNION ALL ".join(selects)
    rows: list[Count] = from_indexes(sql, params)
    return rows


def from_indexes(sql: str, params: Sequence[Any]) -> list[Any]:
    """The rows of a statement, read as `INDEXED` says."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXED + sql, params or None)
        while cursor.nextset():
            pass
        rows: list[Any] = cursor.fetchall()
    return rows
