"""Facet counts: each facet is counted with its own filter left out.

The whole marketplace is never counted: triggers keep the sums of what all members see and of what
those of a domain see (`FacetCount`); only the few rows that this reader sees besides are counted
live. What is filtered is counted over at most `CAP` hits, all facets in one pass; a facet that has
a choice gets a pass of its own, without that choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from django.db.models import Q

from accounts.actors import Actor, paths_up
from catalog.search.models import OFFERS, SearchEntry, audiences_of
from catalog.search.scores import BANDS, NOT_MEASURED
from catalog.search.selectors.conditions import FACETS, KEPT, OVERDUE, kept, narrowed
from catalog.search.selectors.parts import Count, Part, rows_of
from catalog.search.selectors.passes import ARRAYS, CAP, SIDE_CAP, live, live_hits
from catalog.search.selectors.questions import CHOICES, SearchQueryData
from catalog.search.selectors.stepping import Reading, Terms, as_read

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
# The sums that triggers keep; a promise is kept or not as of now. Of facets with very many values,
# the most frequent and the chosen ones.
SUMS = """
SELECT CASE facet WHEN 'promise' THEN 'freshness' ELSE facet END AS facet,
    CASE WHEN facet <> 'promise' OR value = 'none' THEN value
        WHEN value::bigint > extract(epoch FROM now()) THEN 'kept' ELSE 'overdue' END AS value,
    sum(n)::bigint AS n
FROM (
    SELECT facet, value, n FROM search_facetcount WHERE audience = ANY(%s) AND facet = ANY(%s)
    UNION ALL
    SELECT known.facet, known.value, known.n
    FROM unnest(%s::text[]) AS many (facet) CROSS JOIN LATERAL (
        SELECT top.value FROM unnest(%s::text[]) AS reached (audience) CROSS JOIN LATERAL (
            SELECT value FROM search_facetcount AS every
            WHERE every.facet = many.facet AND every.audience = reached.audience
            ORDER BY every.n DESC LIMIT 100
        ) AS top
        UNION SELECT unnest(%s::text[])
    ) AS frequent JOIN search_facetcount AS known ON known.facet = many.facet
        AND known.audience = ANY(%s) AND known.value = frequent.value
) AS kept GROUP BY 1, 2 HAVING sum(n) > 0
"""
MANY_VALUES = ("team", "tag")
NAMES = "SELECT 'name', path, name, 0::bigint FROM accounts_domain ORDER BY path LIMIT 2000"


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


def count_facets(actor: Actor, query: SearchQueryData, terms: str) -> Counted:
    """Counts over at most `CAP` hits. Cost: one SQL statement.

    Args:
        terms: the tsquery that hits answer to; "" for none.
    """
    readings = [Terms(terms)] if terms else []
    return counted_of(query, rows_of(list(counting_parts(actor, query, readings))))


def counted_of(query: SearchQueryData, rows: Iterable[Count]) -> Counted:
    """What the rows of `counting_parts` say."""
    counts: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    labels: dict[tuple[str, str], str] = {}
    capped: set[str] = set()
    for facet, value, label, count in rows:
        if facet == "name":
            names[value] = label
        elif facet == "pass":
            capped.update(_capped(value.split(), label, count))
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
    found: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    for (facet, value), count in counts.items():
        found.setdefault(facet, {})[value] = count
    facets = {
        name: _domain_values(found[name], chosen[name], names, name in capped)
        if name == "domain"
        else _values(name, found[name], chosen[name], labels, name in capped)
        for name in FACETS
    }
    total, is_capped = counts["total", "all"], "total" in capped
    return Counted(facets, _said(total) if is_capped else total, is_capped)


def _said(total: int) -> int:
    """Of more hits than were read, a number that is easy to grasp."""
    least = min(total, CAP)
    return least // 100 * 100 or least


def _capped(facets: Iterable[str], cap: str, rows: int) -> Iterator[str]:
    """The facets of a pass that ended before the hits did."""
    for facet in facets:
        if rows > (min(int(cap), SIDE_CAP) if facet in ARRAYS else int(cap)):
            yield facet


def counting_parts(
    actor: Actor, query: SearchQueryData, readings: Sequence[Terms]
) -> Iterator[Part]:
    """What must be counted for this question; its CTE `hits` holds what the list does.

    Args:
        readings: of the text; the first one that finds something counts. None without a text.
    """
    chosen = [name for name, values in query.chosen().items() if values]
    plain = [name for name in FACETS if name not in chosen]
    if _is_whole(query, readings):
        yield from _sums(actor, query, [*plain, "total"])
    else:
        yield from hit_parts(actor, query, readings, plain)
    for name in chosen:
        rest = replace(query, **{CHOICES[name]: ()})  # type: ignore[arg-type]
        if name == "kind":
            rest = replace(rest, scope=())
        if _is_whole(rest, readings, kind=name == "kind"):
            yield from _sums(actor, rest, [name], query.chosen()[name])
        else:
            teams = query.teams if name == "team" else ()
            rows = narrowed(actor, rest)
            if readings:
                rows = rows.filter(vector=as_read("hits", [each.required for each in readings]))
            yield from live(f"without_{name}", rows, [name], cap=SIDE_CAP, chosen=teams)
    yield Part([NAMES])


def hit_parts(
    actor: Actor, query: SearchQueryData, readings: Sequence[Terms], facets: Sequence[str]
) -> Iterator[Part]:
    """What the list itself holds; the kinds that it leaves out are counted beside it."""
    if not readings:
        yield from live("hits", narrowed(actor, query), facets, total=True, cap=CAP)
        return
    is_wide = "kind" in facets and query.scope
    rows = narrowed(actor, replace(query, scope=()) if is_wide else query)
    steps = [Reading(rows.matching(each.required), *each[1:]) for each in readings]
    yield from live_hits(steps, facets, cap=CAP, scope=query.scope if is_wide else ())


def _is_whole(query: SearchQueryData, readings: Sequence[Terms], *, kind: bool = False) -> bool:
    """Whether the kept sums answer: nothing is filtered but the kinds that they count."""
    whole_scope = kind or query.scope == OFFERS
    return not readings and query.is_unfiltered() and whole_scope


def _sums(
    actor: Actor, query: SearchQueryData, facets: Sequence[str], chosen: Sequence[str] = ()
) -> Iterator[Part]:
    """The kept sums of what this reader sees, and live counts of what no sum has."""
    if actor.is_visitor:
        return
    few = [name for name in facets if name not in MANY_VALUES]
    many = [name for name in facets if name in MANY_VALUES]
    few = [{"freshness": "promise"}.get(name, name) for name in few]
    audiences = audiences_of(actor)
    name = f"sums_{facets[0]}"
    select = (
        f"SELECT facet, value, coalesce(name, ''), n FROM {name} "  # noqa: S608 - constants
        "LEFT JOIN accounts_team ON facet = 'team' AND slug = value"
    )
    params = [audiences, few, many, audiences, list(chosen), audiences]
    yield Part([select], name, SUMS, params)
    rest = SearchEntry.objects.uncounted_for(actor)
    scalars = [each for each in facets if each != "total"]
    yield from live(
        f"extra_{facets[0]}", kept(rest, query), scalars, total="total" in facets, chosen=chosen
    )
    if "kind" in facets and query.scope:
        yield from live("extra_kinds", rest.filter(~Q(kind__in=query.scope)), ["kind"])


def _values(
    facet: str,
    found: Mapping[str, int],
    chosen: Sequence[str],
    labels: Mapping[tuple[str, str], str],
    is_capped: bool,
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
            is_least=is_capped and known.get(value, 0) > 0,
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
    found: Mapping[str, int], chosen: Sequence[str], names: Mapping[str, str], is_capped: bool
) -> tuple[FacetValue, ...]:
    """A domain counts what lies below it too, as its filter does; in the order of the tree."""
    totals: Counter[str] = Counter({path: 0 for path in chosen if path})
    for path, count in found.items():
        for above in paths_up(path) if path else ():
            totals[above] += count
    return tuple(
        FacetValue(
            path,
            names.get(path, path),
            totals[path],
            path in chosen,
            depth=path.count("."),
            is_least=is_capped and totals[path] > 0,
        )
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
