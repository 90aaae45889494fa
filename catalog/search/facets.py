"""Facet counts in one statement: each facet is counted with its own filter left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, F, Q, Value, When

from accounts.actors import paths_up
from accounts.models import Domain
from catalog.search.models import SearchEntryQuerySet

CAP = 5_000  # hits that are counted; beyond it the page says "5,000+"
MAX_VALUES = 100  # of one facet
KIND_LABELS = {"product": "Data products", "contract": "Contracts not yet offered"}


@dataclass(frozen=True)
class Facet:
    column: str
    label_column: str | None  # None: the value says it
    condition: Callable[[Sequence[str]], Q]


@dataclass(frozen=True)
class FacetValue:
    """One choice; `count` is what the list would hold if it were the only choice of its facet."""

    value: str
    label: str
    count: int
    selected: bool
    depth: int = 0  # of a domain below its top domain


@dataclass(frozen=True)
class Counted:
    facets: Mapping[str, tuple[FacetValue, ...]]
    total: int
    total_capped: bool


def _any_of(column: str) -> Callable[[Sequence[str]], Q]:
    return lambda values: Q(**{f"{column}__in": list(values)})


def _in_tree(paths: Sequence[str]) -> Q:
    """Rows of these domains and of all below them."""
    condition = Q(domain_path__in=list(paths))
    for path in paths:
        condition |= Q(domain_path__startswith=f"{path}.")
    return condition


FACETS: Mapping[str, Facet] = MappingProxyType(
    {
        "domain": Facet("domain_path", "domain_name", _in_tree),
        "status": Facet("status", None, _any_of("status")),
        "team": Facet("owner_slug", "owner_name", _any_of("owner_slug")),
        "archetype": Facet("archetype", None, _any_of("archetype")),
        "classification": Facet("classification", None, _any_of("classification")),
        "kind": Facet("kind", None, _any_of("kind")),
    }
)


def count_facets(rows: SearchEntryQuerySet, chosen: Mapping[str, Sequence[str]]) -> Counted:
    """Counts over at most `CAP` hits. Cost: two SQL statements, three past the cap."""
    flagged = _flagged(rows, chosen)
    found = _counts(flagged)
    seen, total = found.pop("seen")[0][2], found.pop("total")[0][2]
    if seen > CAP:
        total = flagged.filter(misses=0)[: CAP + 1].count()
    facets = {
        name: _values(found.get(name, ()), chosen.get(name, ()))
        for name in FACETS
        if name != "domain"
    }
    domains = _domain_values(found.get("domain", ()), chosen.get("domain", ()))
    return Counted({"domain": domains, **facets}, min(total, CAP), total > CAP)


def _flagged(entries: SearchEntryQuerySet, chosen: Mapping[str, Sequence[str]]) -> Any:
    """Rows that miss at most one facet's filter, each with the filters it misses as 0 or 1."""
    rows: Any = entries
    misses: Any = Value(0)
    for name, facet in FACETS.items():
        values = chosen.get(name, ())
        flag: Any = Value(0)
        if values:
            flag = Case(When(facet.condition(values), then=Value(0)), default=Value(1))
            misses = misses + F(f"misses_{name}")
        rows = rows.annotate(**{f"misses_{name}": flag})
    rows = rows.annotate(misses=misses)
    return rows.filter(misses__lte=1) if any(chosen.values()) else rows


Count = tuple[str, str, int]  # value, label, count


def _counts(flagged: Any) -> dict[str, list[Count]]:
    """`{facet: [(value, label, count)]}` with the extra names `seen` and `total`."""
    columns = {facet.column for facet in FACETS.values()}
    columns |= {facet.label_column for facet in FACETS.values() if facet.label_column}
    flags = [f"misses_{name}" for name in FACETS]
    limited = flagged.order_by().values_list(*sorted(columns), *flags, "misses")[: CAP + 1]
    try:
        inner, params = limited.query.sql_with_params()
    except EmptyResultSet:  # nothing is visible: Django knows it without asking
        return {"seen": [("", "", 0)], "total": [("", "", 0)]}
    groups = [_group(name, facet) for name, facet in FACETS.items()]
    groups.append("SELECT 'total', '', '', count(*) FROM hits WHERE misses = 0")
    groups.append("SELECT 'seen', '', '', count(*) FROM hits")
    sql = f"WITH hits AS MATERIALIZED ({inner}) " + " UNION ALL ".join(groups)
    found: dict[str, list[Count]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for name, value, label, count in cursor.fetchall():
            found.setdefault(name, []).append((value, label, count))
    return found


def _group(name: str, facet: Facet) -> str:
    """Names and columns are constants of this module, never input."""
    label = f"max({facet.label_column})" if facet.label_column else "''"
    return (
        f"SELECT '{name}', {facet.column}, {label}, count(*) FROM hits "  # noqa: S608
        f"WHERE misses = misses_{name} AND {facet.column} <> '' GROUP BY {facet.column}"
    )


def _values(counts: Iterable[Count], chosen: Sequence[str]) -> tuple[FacetValue, ...]:
    """The most frequent first; what is chosen stays, even at 0."""
    known = {value: (label, count) for value, label, count in counts}
    missing = {value: ("", 0) for value in chosen if value and value not in known}
    values = [
        FacetValue(value, label or _label(value), count, value in chosen)
        for value, (label, count) in {**known, **missing}.items()
    ]
    return tuple(sorted(values, key=lambda each: (-each.count, each.label)))[:MAX_VALUES]


def _domain_values(counts: Iterable[Count], chosen: Sequence[str]) -> tuple[FacetValue, ...]:
    """A domain counts what lies below it too, as its filter does; in the order of the tree."""
    totals: Counter[str] = Counter({path: 0 for path in chosen if path})
    for path, _, count in counts:
        for above in paths_up(path):
            totals[above] += count
    names = dict(Domain.objects.filter(path__in=list(totals)).values_list("path", "name"))
    return tuple(
        FacetValue(path, names.get(path, path), totals[path], path in chosen, depth=path.count("."))
        for path in sorted(totals)
    )[:MAX_VALUES]


def _label(value: str) -> str:
    return KIND_LABELS.get(value, value.capitalize())
