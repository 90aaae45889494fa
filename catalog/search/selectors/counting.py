"""Facet counts in one statement: each facet is counted with its own filter left out.

The whole marketplace is never counted: triggers keep the sums of what all members see (see
`FacetCount`), and only the few rows that this reader sees besides are counted live. What is
filtered is counted over at most `CAP` hits, all facets in one pass; a facet that has a choice gets
a pass of its own, without that choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, CharField, Q, Value, When
from django.db.models.functions import Now

from accounts.actors import Actor, paths_up
from catalog.search.models import OFFERS, SearchEntry, SearchEntryQuerySet
from catalog.search.scores import BANDS, NOT_MEASURED
from catalog.search.selectors.conditions import FACETS, KEPT, OVERDUE, kept, narrowed
from catalog.search.selectors.questions import CHOICES, SearchQueryData

CAP = 5_000  # hits that are counted; beyond it the page says "5,000+"
SIDE_CAP = 2_000  # rows of a pass beside the hits; counts past it carry a "+" too
MAX_VALUES = 100  # of one facet
KIND_LABELS = {
    "product": "Data products",
    "contract": "Contracts not yet offered",
    "system": "Systems",
    "term": "Glossary terms",
    "team": "Teams",
    "domain": "Domains",
    "blueprint": "Services",
}
FRESHNESS_LABELS = {KEPT: "Within its promise", OVERDUE: "Overdue", NOT_MEASURED: "Not measured"}
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
# The sums that triggers keep; a promise is kept or not as of now.
SUMS = """
SELECT CASE facet WHEN 'promise' THEN 'freshness' ELSE facet END AS facet,
    CASE WHEN facet <> 'promise' OR value = 'none' THEN value
        WHEN value::bigint > extract(epoch FROM now()) THEN 'kept' ELSE 'overdue' END AS value,
    '' AS label, sum(n)::bigint AS n
FROM (
    SELECT facet, value, n FROM search_facetcount WHERE open = ANY(%s) AND facet = ANY(%s)
    UNION ALL
    SELECT facet, value, n FROM search_facetcount WHERE open = ANY(%s) AND facet = %s AND value IN (
        SELECT value FROM search_facetcount WHERE facet = %s ORDER BY n DESC LIMIT 200
    )
) AS kept GROUP BY 1, 2 HAVING sum(n) > 0
"""
NAMES = "SELECT 'name', path, name, 0::bigint FROM accounts_domain ORDER BY path LIMIT 2000"
TEAM_NAMES = """
SELECT 'team-name', slug, name, 0::bigint FROM accounts_team
WHERE slug IN (SELECT value FROM sums WHERE facet = 'team')
"""


@dataclass(frozen=True)
class FacetValue:
    """One choice; `count` is what the list would hold if it were the only choice of its facet."""

    value: str
    label: str
    count: int
    selected: bool
    depth: int = 0  # of a domain below its top domain
    is_least: bool = False  # there are more than `count`: not every hit was counted


@dataclass(frozen=True)
class Counted:
    facets: Mapping[str, tuple[FacetValue, ...]]
    total: int
    total_capped: bool


Count = tuple[str, str, str, int]  # facet, value, label, count


def count_facets(actor: Actor, query: SearchQueryData, terms: str) -> Counted:
    """Counts over at most `CAP` hits. Cost: one SQL statement.

    Args:
        terms: the tsquery that hits answer to; "" for none.
    """
    parts = list(_parts(actor, query, terms))
    counts: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    labels: dict[tuple[str, str], str] = {}
    capped: set[str] = set()
    for facet, value, label, count in _rows(parts):
        if facet == "name":
            names[value] = label
        elif facet == "pass":
            capped.update(_capped(value.split(), label, count))
        elif facet == "team-name":
            labels["team", value] = label
        else:
            counts[facet, value] += count
            labels.setdefault((facet, value), label)
    return _counted(query, counts, names, labels, capped)


def _counted(
    query: SearchQueryData,
    counts: Counter[tuple[str, str]],
    names: Mapping[str, str],
    labels: Mapping[tuple[str, str], str],
    capped: Set[str],
) -> Counted:
    chosen = query.chosen()
    facets: dict[str, tuple[FacetValue, ...]] = {}
    for name in FACETS:
        found = {value: count for (facet, value), count in counts.items() if facet == name}
        if name == "domain":
            facets[name] = _domain_values(found, chosen[name], names)
        else:
            facets[name] = _values(name, found, chosen[name], labels)
        if name in capped:
            facets[name] = tuple(replace(each, is_least=each.count > 0) for each in facets[name])
    total = counts["total", "all"]
    return Counted(facets, min(total, CAP), total > CAP or "total" in capped)


def _capped(facets: Iterable[str], cap: str, rows: int) -> Iterator[str]:
    """The facets of a pass that ended before the hits did."""
    for facet in facets:
        if rows > (min(int(cap), SIDE_CAP) if facet in ARRAYS else int(cap)):
            yield facet


class _Part:
    """SELECTs that are joined by UNION ALL, with the CTEs they read."""

    def __init__(self, selects: Iterable[str], name: str = "", cte: str = "", params: Any = ()):
        self.selects, self.name, self.cte, self.params = list(selects), name, cte, tuple(params)


def _parts(actor: Actor, query: SearchQueryData, terms: str) -> Iterator[_Part]:
    """What must be counted for this question."""
    chosen = [name for name, values in query.chosen().items() if values]
    plain = [name for name in FACETS if name not in chosen]
    if _is_whole(query, terms):
        yield from _sums(actor, query, [*plain, "total"])
    else:
        yield from _hits(actor, query, terms, plain)
    for name in chosen:
        rest = replace(query, **{CHOICES[name]: ()})  # type: ignore[arg-type]
        if name == "kind":
            rest = replace(rest, scope=())
        if _is_whole(rest, terms, kind=name == "kind"):
            yield from _sums(actor, rest, [name])
        else:
            rows = _readings(actor, rest, terms, [name])
            yield from _live(f"without_{name}", rows, [name], cap=SIDE_CAP)
    yield _Part([NAMES])


def _hits(
    actor: Actor, query: SearchQueryData, terms: str, facets: Sequence[str]
) -> Iterator[_Part]:
    """What the list itself holds."""
    arrays = [facet for facet in facets if facet in ARRAYS]
    scalars = [facet for facet in facets if facet not in ARRAYS]
    if _is_covered(query, terms, scalars):
        yield from _live("hits", _readings(actor, query, terms, scalars), scalars, total=True)
        rows = [narrowed(actor, query)]
        yield from _live("arrays", rows, arrays, cap=SIDE_CAP)
    elif "kind" in facets and query.scope and terms:
        rows = narrowed(actor, replace(query, scope=())).matching(terms)
        yield from _live("hits", [rows], facets, total=True, scope=query.scope)
    else:
        yield from _live("hits", [narrowed(actor, query).matching(terms)], facets, total=True)


def _readings(
    actor: Actor, query: SearchQueryData, terms: str, facets: Sequence[str]
) -> list[SearchEntryQuerySet]:
    """The hits, read in the way that costs least: open rows from an index that has all of it."""
    if not _is_covered(query, terms, facets):
        return [narrowed(actor, query).matching(terms)]
    entries = SearchEntry.objects
    return [kept(entries.open_to(actor), query), kept(entries.closed_but_visible_to(actor), query)]


def _is_covered(query: SearchQueryData, terms: str, facets: Sequence[str]) -> bool:
    """Whether the index of open rows has every column that is asked for."""
    wide = terms or query.term or query.tags or query.technologies
    return not wide and not any(facet in ARRAYS for facet in facets)


def _is_whole(query: SearchQueryData, terms: str, *, kind: bool = False) -> bool:
    """Whether the kept sums answer: nothing is filtered but the kinds that they count."""
    whole_scope = kind or query.scope == OFFERS
    return not terms and query.is_unfiltered() and whole_scope


def _sums(actor: Actor, query: SearchQueryData, facets: Sequence[str]) -> Iterator[_Part]:
    """The kept sums of what all members see, and live counts of what this reader sees besides."""
    if actor.is_visitor:
        return
    names = [{"freshness": "promise"}.get(name, name) for name in facets if name != "tag"]
    opens = [True, False] if actor.sees_all_metadata else [True]
    tag = "tag" if "tag" in facets else ""
    name = f"sums_{facets[0]}"
    selects = [f"SELECT facet, value, label, n FROM {name}"]  # noqa: S608 - constants
    if "team" in facets:
        selects.append(TEAM_NAMES.replace("sums", name))
    yield _Part(selects, name, SUMS, [opens, names, opens, tag, tag])
    if not actor.sees_all_metadata:
        closed = SearchEntry.objects.closed_but_visible_to(actor)
        scalars = [each for each in facets if each != "total"]
        yield from _live(
            f"extra_{facets[0]}", [kept(closed, query)], scalars, total="total" in facets
        )
        if "kind" in facets and query.scope:
            others = closed.filter(~Q(kind__in=query.scope))
            yield from _live("extra_kinds", [others], ["kind"])


def _live(
    name: str,
    readings: Iterable[SearchEntryQuerySet],
    facets: Sequence[str],
    *,
    total: bool = False,
    cap: int = CAP,
    scope: Sequence[str] = (),
) -> Iterator[_Part]:
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
    every = f"every_{name}" if scope else name
    selects = [f"SELECT 'pass', '{of_pass}', '{cap}', count(*) FROM {every}"]  # noqa: S608
    if scope:
        selects.append(_grouping(every, ["kind"], total=False))
        yield _Part(selects, every, cte, params)
        selects, scalars = [], [facet for facet in scalars if facet != "kind"]
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
    yield _Part(selects, name, cte, params)


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


def _rows(parts: Sequence[_Part]) -> list[Count]:
    ctes = [f"{part.name} AS MATERIALIZED ({part.cte})" for part in parts if part.cte]
    params = [value for part in parts for value in part.params]
    selects = [f"({select})" for part in parts for select in part.selects]
    sql = (f"WITH {', '.join(ctes)} " if ctes else "") + " UNION ALL ".join(selects)
    with connection.cursor() as cursor:
        cursor.execute(INDEXED + sql, params or None)
        cursor.nextset()
        rows: list[Count] = cursor.fetchall()
    return rows


def _values(
    facet: str,
    found: Mapping[str, int],
    chosen: Sequence[str],
    labels: Mapping[tuple[str, str], str],
) -> tuple[FacetValue, ...]:
    """The most frequent first; what is chosen stays, even at 0."""
    known = {(value or _EMPTY.get(facet, "")): count for value, count in found.items()}
    known.pop("", None)
    values = [
        FacetValue(
            value,
            labels.get((facet, value)) or _label(facet, value),
            known.get(value, 0),
            value in chosen,
        )
        for value in dict.fromkeys([*known, *filter(None, chosen)])
    ]
    if facet in _FIXED:
        order = list(_FIXED[facet])
        return tuple(sorted(values, key=lambda each: _place(order, each.value)))
    return tuple(sorted(values, key=lambda each: (-each.count, each.label)))[:MAX_VALUES]


_EMPTY = {"score": NOT_MEASURED}
_FIXED: Mapping[str, Sequence[str]] = {
    "score": [*BANDS, NOT_MEASURED],
    "freshness": list(FRESHNESS_LABELS),
}


def _place(order: Sequence[str], value: str) -> int:
    return order.index(value) if value in order else len(order)


def _domain_values(
    found: Mapping[str, int], chosen: Sequence[str], names: Mapping[str, str]
) -> tuple[FacetValue, ...]:
    """A domain counts what lies below it too, as its filter does; in the order of the tree."""
    totals: Counter[str] = Counter({path: 0 for path in chosen if path})
    for path, count in found.items():
        for above in paths_up(path) if path else ():
            totals[above] += count
    return tuple(
        FacetValue(path, names.get(path, path), totals[path], path in chosen, depth=path.count("."))
        for path in sorted(totals)
    )


def _label(facet: str, value: str) -> str:
    if facet == "kind":
        return KIND_LABELS.get(value, value.capitalize())
    if facet == "score":
        return BANDS.get(value, "Not measured")
    if facet == "freshness":
        return FRESHNESS_LABELS.get(value, value)
    return value if facet in {"tag", "technology", "team"} else value.capitalize()
