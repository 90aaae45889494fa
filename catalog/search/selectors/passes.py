"""Passes over rows that count facets, joined to one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, CharField, F, Q, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from catalog.search.models import SearchEntryQuerySet
from catalog.search.scores import NOT_MEASURED
from catalog.search.selectors.conditions import KEPT, OVERDUE

CAP = 2_500  # hits that are counted; beyond it the page says "2,500+"
LEAST = 200  # hits above a floor; with fewer, the rows below are read too
SIDE_CAP = 1_000  # rows of a pass beside the hits, or whose arrays are taken apart
MOST_TEAMS = 100  # of a pass, the most frequent
SCALARS = {  # facet: column of a hit
    "domain": "domain_path",
    "status": "status",
    "archetype": "archetype",
    "classification": "classification",
    "score": "band",
    "freshness": "promise",
    "kind": "kind",
}
ARRAYS = {"technology": "technologies", "tag": "tags"}
COLUMNS = {**SCALARS, **ARRAYS, "team": "owner_slug"}

# Goes along with the statement, for its transaction: of a frequent word PostgreSQL would read the
# table from its beginning until the cap is reached, taking every vector from beside its row; and it
# would begin processes of its own, which takes longer than the answer.
INDEXED = "SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0; "

Count = tuple[str, str, str, int]  # facet, value, label, count


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


def live(
    name: str,
    rows: SearchEntryQuerySet,
    facets: Sequence[str],
    *,
    total: bool = False,
    cap: int = CAP,
    floors: Sequence[float] = (),
    is_ranked: bool = False,
    scope: Sequence[str] = (),
    chosen: Sequence[str] = (),
) -> Iterator[Part]:
    """One pass over at most `cap` rows: grouping sets for plain columns, arrays taken apart.

    The CTE `name` holds the id and rank of what counts; `every_<name>` is what was read.

    Args:
        floors: ranks, descending; rows below each are read only where fewer than `LEAST` stand
            above it.
        is_ranked: of more rows than `cap`, the most trusted are read.
        scope: kinds that count; rows of the others count in the facet `kind` alone.
        chosen: teams that are counted though they may not be among the most frequent.
    """
    annotated: Any = rows.order_by()
    if "freshness" in facets:
        annotated = annotated.annotate(promise=_promise())
    columns = dict.fromkeys(["id", "rank", "kind", *(COLUMNS[facet] for facet in facets)])
    if is_ranked:  # written so that no index of ranks is walked: each step would read a vector
        annotated = annotated.order_by((F("rank") + 0).desc(), "id")
    wanted = annotated.values_list(*columns)
    every, told = f"every_{name}", str(cap)
    try:
        if floors:
            told = f"' || CASE WHEN {_few(name, len(floors))} THEN {cap} ELSE 0 END || '"
            yield from _stepwise(name, wanted, floors, cap)
        else:
            yield _stored(every, wanted[: cap + 1])
    except EmptyResultSet:  # nothing is visible: Django knows it without asking
        return
    of_pass = " ".join([*facets, *(["total"] if total else [])])
    selects = [f"SELECT 'pass', '{of_pass}', '{told}', count(*) FROM {every}"]  # noqa: S608
    if scope and "kind" in facets:
        selects.append(_grouping(every, ["kind"], total=False))
        facets = [facet for facet in facets if facet != "kind"]
    kept = "kind = ANY(%s)" if scope else "true"
    cte = f"SELECT * FROM {every} WHERE {kept}"  # noqa: S608
    selects += _selects(name, facets, total=total)
    yield Part(selects, name, cte, [list(scope)] if scope else [], "NOT MATERIALIZED")
    if "team" in facets:
        yield _teams(name, chosen)


def _stored(name: str, rows: Any) -> Part:
    return Part([], name, *rows.query.sql_with_params())


def _stepwise(name: str, rows: Any, floors: Sequence[float], cap: int) -> Iterator[Part]:
    """Rows from each floor to the one above it, as long as there are few; a condition that is of no
    row lets the database read nothing where it does not hold."""
    steps = [rows.filter(rank__gte=floors[0])]
    steps += [rows.filter(rank__lt=above, rank__gte=floor) for above, floor in pairwise(floors)]
    steps.append(rows.filter(rank__lt=floors[-1]))
    for at, step in enumerate(steps):
        few = RawSQL(_few(name, at), [], output_field=BooleanField())  # noqa: S611
        yield _stored(f"step{at}_{name}", (step.filter(few) if at else step)[: cap + 1])
    every = " UNION ALL ".join(f"SELECT * FROM step{at}_{name}" for at in range(len(steps)))  # noqa: S608
    yield Part([], f"every_{name}", every)


def _few(name: str, steps: int) -> str:
    """Whether so many first steps found fewer rows than wanted."""
    counts = (f"(SELECT count(*) FROM step{at}_{name})" for at in range(steps))  # noqa: S608
    return f"{' + '.join(counts)} < {LEAST}"


def _selects(name: str, facets: Sequence[str], *, total: bool) -> Iterator[str]:
    scalars = [facet for facet in facets if facet in SCALARS]
    if scalars or total:
        yield _grouping(name, scalars, total=total)
    for facet in facets:
        if facet in ARRAYS:
            yield (
                f"SELECT '{facet}', v, '', count(*) FROM (SELECT {ARRAYS[facet]} FROM {name} "  # noqa: S608
                f"LIMIT {SIDE_CAP + 1}) AS taken, unnest({ARRAYS[facet]}) AS v "
                "GROUP BY v ORDER BY count(*) DESC LIMIT 200"
            )


def _grouping(name: str, facets: Sequence[str], *, total: bool) -> str:
    """Names and columns are constants of this module, never input."""
    columns = [SCALARS[facet] for facet in facets]
    sets = [f"({column})" for column in columns] + (["()"] if total else [])
    which = " ".join(f"WHEN GROUPING({SCALARS[facet]}) = 0 THEN '{facet}'" for facet in facets)
    facet = f"CASE {which} ELSE 'total' END" if columns else "'total'"
    value = f"coalesce({', '.join([*columns, chr(39) + 'all' + chr(39)])})"
    return (
        f"SELECT {facet}, {value}, '', count(*) FROM {name} "  # noqa: S608
        f"GROUP BY GROUPING SETS ({', '.join(sets)})"
    )


def _teams(name: str, chosen: Sequence[str]) -> Part:
    cte = (
        f"SELECT owner_slug, count(*) AS n FROM {name} GROUP BY owner_slug "  # noqa: S608
        f"ORDER BY owner_slug = ANY(%s) DESC, n DESC LIMIT {MOST_TEAMS}"
    )
    select = (
        f"SELECT 'team', owner_slug, coalesce(name, ''), n FROM teams_of_{name} "  # noqa: S608
        "LEFT JOIN accounts_team ON slug = owner_slug"
    )
    return Part([select], f"teams_of_{name}", cte, [list(chosen)])


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
        while cursor.nextset():
            pass
        rows: list[Count] = cursor.fetchall()
    return rows
