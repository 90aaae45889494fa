"""Facet counts in one statement: each facet is counted with its own filter left out.

The whole marketplace is never counted: triggers keep the sums of what all members see (see
`FacetCount`), and only the few rows that this reader sees besides are counted live. What is
filtered is counted over at most `CAP` hits, all facets in one pass; a facet that has a choice gets
a pass of its own, without that choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from django.db.models import Q

from accounts.actors import Actor, paths_up
from catalog.search.models import OFFERS, SearchEntry, SearchEntryQuerySet
from catalog.search.scores import BANDS, NOT_MEASURED
from catalog.search.selectors.conditions import FACETS, KEPT, OVERDUE, kept, narrowed
from catalog.search.selectors.passes import (
    ARRAYS,
    CAP,
    SIDE_CAP,
    WIDE_CAP,
    Part,
    live,
    rows_of,
)
from catalog.search.selectors.questions import CHOICES, SearchQueryData

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
    for facet, value, label, count in rows_of(parts):
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


def _parts(actor: Actor, query: SearchQueryData, terms: str) -> Iterator[Part]:
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
            yield from live(f"without_{name}", rows, [name], cap=SIDE_CAP)
    yield Part([NAMES])


def _hits(
    actor: Actor, query: SearchQueryData, terms: str, facets: Sequence[str]
) -> Iterator[Part]:
    """What the list itself holds."""
    arrays = [facet for facet in facets if facet in ARRAYS]
    scalars = [facet for facet in facets if facet not in ARRAYS]
    if _is_covered(query, terms, scalars):
        yield from live("hits", _readings(actor, query, terms, scalars), scalars, total=True)
        yield from live("arrays", [narrowed(actor, query)], arrays, cap=SIDE_CAP)
    elif "kind" in facets and query.scope and terms:
        every = narrowed(actor, replace(query, scope=())).matching(terms)
        yield from live("hits", [every], facets, total=True, cap=WIDE_CAP, scope=query.scope)
    else:
        yield from live("hits", [narrowed(actor, query).matching(terms)], facets, total=True)


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


def _sums(actor: Actor, query: SearchQueryData, facets: Sequence[str]) -> Iterator[Part]:
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
    yield Part(selects, name, SUMS, [opens, names, opens, tag, tag])
    if not actor.sees_all_metadata:
        closed = SearchEntry.objects.closed_but_visible_to(actor)
        scalars = [each for each in facets if each != "total"]
        yield from live(
            f"extra_{facets[0]}", [kept(closed, query)], scalars, total="total" in facets
        )
        if "kind" in facets and query.scope:
            others = closed.filter(~Q(kind__in=query.scope))
            yield from live("extra_kinds", [others], ["kind"])


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
