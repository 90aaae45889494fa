"""Passes over rows that count facets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Case, CharField, Q, Value, When
from django.db.models.functions import Now

from catalog.search.models import SearchEntryQuerySet
from catalog.search.scores import NOT_MEASURED
from catalog.search.selectors.conditions import KEPT, OVERDUE
from catalog.search.selectors.parts import Part, stored
from catalog.search.selectors.stepping import Reading, first_found, told, which

CAP = 1_500  # hits that are counted; beyond it the page says "1,500+"
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


def live(
    name: str,
    rows: SearchEntryQuerySet,
    facets: Sequence[str],
    *,
    total: bool = False,
    cap: int = CAP,
    chosen: Sequence[str] = (),
) -> Iterator[Part]:
    """One pass over at most `cap` rows: grouping sets for plain columns, arrays taken apart.

    The CTE `name` holds what was read.

    Args:
        chosen: teams that are counted though they may not be among the most frequent.
    """
    wanted = _with_promise(rows.order_by(), facets).values_list(*_columns(facets))
    try:
        yield stored(name, wanted[: cap + 1])
    except EmptyResultSet:  # nothing is visible: Django knows it without asking
        return
    counted = [*facets, *(["total"] if total else [])]
    yield Part([_bounds(name, counted, str(cap)), *_selects(name, facets, total=total)])
    if "team" in facets:
        yield _teams(name, chosen)


def live_hits(
    readings: Sequence[Reading], facets: Sequence[str], *, cap: int, scope: Sequence[str] = ()
) -> Iterator[Part]:
    """The same over the first reading of a text that finds something, with the total.

    The CTE `hits` holds the id and rank of what counts.

    Args:
        scope: kinds that count; rows of the others count in the facet `kind` alone.
    """
    given = [replace(each, rows=_with_promise(each.rows, facets)) for each in readings]
    try:
        yield from first_found("hits", given, _columns(facets), cap, scope)
    except EmptyResultSet:  # nothing is visible: Django knows it without asking
        return
    selects = [
        f"SELECT 'reading', {which('hits')}::text, '', 0::bigint",
        _bounds("every_hits", [*facets, "total"], told("hits", readings, cap)),
    ]
    if scope and "kind" in facets:
        selects.append(_grouping("every_hits", ["kind"], total=False))
        facets = [facet for facet in facets if facet != "kind"]
    kept = "kind = ANY(%s)" if scope else "true"
    cte = f"SELECT * FROM every_hits WHERE {kept}"  # noqa: S608
    yield Part(selects)
    params = [list(scope)] if scope else []
    yield Part(_selects("hits", facets, total=True), "hits", cte, params, "NOT MATERIALIZED")
    if "team" in facets:
        yield _teams("hits", ())


def _with_promise(rows: SearchEntryQuerySet, facets: Sequence[str]) -> Any:
    return rows.annotate(promise=_promise()) if "freshness" in facets else rows


def _columns(facets: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(["id", "rank", "kind", *(COLUMNS[facet] for facet in facets)]))


def _bounds(name: str, counted: Sequence[str], known: str) -> str:
    """Which counts a pass gives, how many rows it may read, and how many it has read."""
    return f"SELECT 'pass', '{' '.join(counted)}', ({known})::text, count(*) FROM {name}"  # noqa: S608


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
