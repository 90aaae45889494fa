"""Passes over rows that count facets, joined to one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, CharField, Q, Value, When
from django.db.models.functions import Now

from catalog.search.models import SearchEntryQuerySet
from catalog.search.scores import NOT_MEASURED
from catalog.search.selectors.conditions import KEPT, OVERDUE

CAP = 5_000  # hits that are counted; beyond it the page says "5,000+"
WIDE_CAP = CAP + CAP // 10  # of a pass that meets rows of other kinds too
SIDE_CAP = 2_000  # rows of a pass beside the hits; counts past it carry a "+" too
SCALARS = {  # facet: column of a hit
    "domain": "domain_path",
    "status": "status",
    "team": "owner_slug",
    "archetype": "archetype",
    "classification": "classification",
    "score": "band",
    "freshness": "promise",
    "kind": "kind",
}
ARRAYS = {"technology": "technologies", "tag": "tags"}
LABELLED = {"team": "owner_name"}

# Goes along with the statement, for its transaction: of a frequent word PostgreSQL would read the
# table from its beginning until the cap is reached, taking every vector from beside its row.
INDEXED = "SET LOCAL enable_seqscan = off; "

Count = tuple[str, str, str, int]  # facet, value, label, count


class Part:
    """SELECTs that are joined by UNION ALL, with the CTEs they read."""

    def __init__(
        self,
        selects: Iterable[str],
        name: str = "",
        cte: str = "",
        params: Any = (),
        stored: str = "MATERIALIZED",
    ):
        self.selects, self.name, self.cte, self.params = list(selects), name, cte, tuple(params)
        self.stored = stored


def live(
    name: str,
    readings: Iterable[SearchEntryQuerySet],
    facets: Sequence[str],
    *,
    total: bool = False,
    cap: int = CAP,
    scope: Sequence[str] = (),
) -> Iterator[Part]:
    """One pass over at most `cap` rows: grouping sets for plain columns, arrays taken apart.

    Args:
        readings: rows without a row in common.
        scope: kinds that count; rows of the others count in the facet `kind` alone.
    """
    scalars = [facet for facet in facets if facet in SCALARS]
    labels = [LABELLED[facet] for facet in scalars if facet in LABELLED]
    columns = [SCALARS[facet] for facet in scalars] + labels
    arrays = [ARRAYS[facet] for facet in facets if facet in ARRAYS]
    inner: list[str] = []
    params: list[Any] = []
    for rows in readings:
        annotated: Any = rows.order_by()
        if "promise" in columns:
            annotated = annotated.annotate(promise=_promise())
        taken = annotated.values_list(*(columns + arrays or ["id"]))[: cap + 1]
        with suppress(EmptyResultSet):  # nothing is visible: Django knows it without asking
            sql, given = taken.query.sql_with_params()
            inner.append(f"({sql})")
            params += given
    if not inner:
        return
    cte = f"SELECT * FROM ({' UNION ALL '.join(inner)}) AS readings LIMIT {cap + 1}"  # noqa: S608
    of_pass = " ".join([*facets, *(["total"] if total else [])])
    every, stored = f"every_{name}" if scope else name, "MATERIALIZED"
    selects = [f"SELECT 'pass', '{of_pass}', '{cap}', count(*) FROM {every}"]  # noqa: S608
    if scope:
        selects.append(_grouping(every, ["kind"], total=False))
        yield Part(selects, every, cte, params)
        selects, scalars = [], [facet for facet in scalars if facet != "kind"]
        stored = "NOT MATERIALIZED"
        cte, params = f"SELECT * FROM {every} WHERE kind = ANY(%s)", [list(scope)]  # noqa: S608
    if scalars or total:
        selects.append(_grouping(name, scalars, total=total))
    selects += [
        f"SELECT '{facet}', v, '', count(*) FROM (SELECT {ARRAYS[facet]} FROM {name} "  # noqa: S608
        f"LIMIT {SIDE_CAP + 1}) AS taken, unnest({ARRAYS[facet]}) AS v "
        "GROUP BY v ORDER BY count(*) DESC LIMIT 200"
        for facet in facets
        if facet in ARRAYS
    ]
    yield Part(selects, name, cte, params, stored)


def _grouping(name: str, facets: Sequence[str], *, total: bool) -> str:
    """Names and columns are constants of this module, never input."""
    columns = [SCALARS[facet] for facet in facets]
    sets = [
        f"({', '.join([SCALARS[facet], *([LABELLED[facet]] if facet in LABELLED else [])])})"
        for facet in facets
    ]
    if total:
        sets.append("()")
    which = " ".join(f"WHEN GROUPING({SCALARS[facet]}) = 0 THEN '{facet}'" for facet in facets)
    facet = f"CASE {which} ELSE 'total' END" if columns else "'total'"
    value = f"coalesce({', '.join([*columns, chr(39) + 'all' + chr(39)])})"
    label = "owner_name" if "team" in facets else "''"
    return (
        f"SELECT {facet}, {value}, coalesce({label}, ''), count(*) FROM {name} "  # noqa: S608
        f"GROUP BY GROUPING SETS ({', '.join(sets)})"
    )


def _promise() -> Case:
    return Case(
        When(stale_at__isnull=True, then=Value(NOT_MEASURED)),
        When(Q(stale_at__gt=Now()), then=Value(KEPT)),
        default=Value(OVERDUE),
        output_field=CharField(),
    )


def rows_of(parts: Sequence[Part]) -> list[Count]:
    ctes = [f"{part.name} AS {part.stored} ({part.cte})" for part in parts if part.cte]
    params = [value for part in parts for value in part.params]
    selects = [f"({select})" for part in parts for select in part.selects]
    sql = (f"WITH {', '.join(ctes)} " if ctes else "") + " UNION ALL ".join(selects)
    with connection.cursor() as cursor:
        cursor.execute(INDEXED + sql, params or None)
        cursor.nextset()
        rows: list[Count] = cursor.fetchall()
    return rows
