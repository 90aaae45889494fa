"""What is found: pages of hits, facet counts and suggestions, for one reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.contrib.postgres.search import SearchRank
from django.db.models import Case, ExpressionWrapper, F, FloatField, Q, Value, When
from django.db.models.functions import Coalesce

from accounts.actors import Actor
from catalog.search.facets import FACETS, FacetValue, count_facets
from catalog.search.models import UNMEASURED, SearchEntry, SearchEntryQuerySet, TermsQuery
from catalog.search.words import is_found, query_text, runs
from core.errors import Invalid
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

EXACT, BEGINNING = 1000.0, 100.0  # far above any text rank
MAX_SUGGESTIONS = 20
ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rank": ("-rank", "id"),
        "relevance": ("-relevance", "id"),
        "name": ("name", "id"),
        "score": ("-known_score", "id"),
        "updated": ("-updated_at", "id"),
        "consumers": ("-consumers", "id"),
    }
)


@dataclass(frozen=True)
class SearchQueryData:
    """What is asked. Several values of one facet mean "any of them"."""

    text: str = ""
    domains: tuple[str, ...] = ()  # with everything below
    statuses: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    archetypes: tuple[str, ...] = ()
    classifications: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # product, contract
    tag: str = ""
    min_score: float | None = None
    order: str = ""  # of ORDERS; "": relevance for a text, else rank
    cursor: str | None = None
    size: int = 24

    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The chosen values by facet."""
        values = (
            self.domains,
            self.statuses,
            self.teams,
            self.archetypes,
            self.classifications,
            self.kinds,
        )
        return dict(zip(FACETS, values, strict=True))


@dataclass(frozen=True)
class Matched:
    """Why a hit is one: where the asked words stand."""

    kind: str  # name, column, tag, description
    text: str


@dataclass(frozen=True)
class Hit:
    """One found thing, as a card shows it."""

    kind: str
    object_id: str
    fqn: str
    name: str
    summary: str
    domain_path: str
    domain_name: str
    owner_slug: str
    owner_name: str
    status: str
    archetype: str
    classification: str
    tags: tuple[str, ...]
    score: float | None  # 0-100
    measured_at: dt.datetime | None
    consumers: int
    updated_at: dt.datetime
    url: str
    matched: Matched | None


@dataclass(frozen=True)
class SearchPage:
    """One page with the counts beside it; `total` is exact unless `total_capped`."""

    rows: list[Hit]
    next_cursor: str | None
    facets: Mapping[str, tuple[FacetValue, ...]]
    total: int
    total_capped: bool


@dataclass(frozen=True)
class Suggestion:
    kind: str
    fqn: str
    name: str
    domain_name: str
    owner_name: str
    status: str
    url: str


def find(actor: Actor, query: SearchQueryData) -> SearchPage:
    """A page of hits that `actor` may see, with facet counts "if I ticked this" and the total.

    Raises:
        Invalid: unknown order, or a cursor that is not ours.

    Cost: at most four SQL statements, whatever is found.
    """
    page = hits(actor, query)
    counted = count_facets(matching(actor, query), query.chosen())
    return SearchPage(
        page.rows, page.next_cursor, counted.facets, counted.total, counted.total_capped
    )


def hits(actor: Actor, query: SearchQueryData) -> KeysetPage[Hit]:
    """The page alone. Cost: one SQL statement."""
    order = _order_of(query)
    rows = _with_sort_key(chosen(actor, query), query.text, order).defer(
        "vector", *_unneeded(query.text)
    )
    page = keyset_page(rows, order=ORDERS[order], size=query.size, cursor=query.cursor)
    return KeysetPage([_hit(row, query.text) for row in page.rows], page.next_cursor, page.keys)


def hit_count(actor: Actor, query: SearchQueryData, *, cap: int) -> int:
    """How many hits there are, exact up to `cap`; else `cap + 1`. One SQL statement."""
    return chosen(actor, query)[: cap + 1].count()


def chosen(actor: Actor, query: SearchQueryData) -> SearchEntryQuerySet:
    """Visible rows that keep everything that was asked."""
    rows = matching(actor, query)
    for name, values in query.chosen().items():
        if values:
            rows = rows.filter(FACETS[name].condition(values))
    return rows


def matching(actor: Actor, query: SearchQueryData) -> SearchEntryQuerySet:
    """Visible rows that keep everything but the facets."""
    rows = SearchEntry.objects.visible_to(actor).matching(query.text)
    if query.tag:
        rows = rows.filter(tags__contains=[query.tag])
    if query.min_score is not None:
        rows = rows.filter(score__gte=query.min_score)
    return rows


def suggest(actor: Actor, text: str, limit: int = 8) -> list[Suggestion]:
    """Things whose name has words that begin so; the best known first. One SQL statement."""
    names = query_text(text, weight="A")
    if not names:
        return []
    rows = SearchEntry.objects.visible_to(actor).filter(vector=TermsQuery(names))
    begins = Case(When(name__istartswith=text.strip(), then=Value(1)), default=Value(0))
    found = rows.annotate(begins=begins).order_by("-begins", "-rank", "id")
    fields = ("kind", "fqn", "name", "domain_name", "owner_name", "status", "url")
    return [Suggestion(*row) for row in found.values_list(*fields)[: min(limit, MAX_SUGGESTIONS)]]


def _order_of(query: SearchQueryData) -> str:
    default = "relevance" if query_text(query.text) else "rank"
    order = query.order or default
    if order == "relevance":
        return default
    if order not in ORDERS:
        known = ", ".join(ORDERS)
        problem = Problem("/order", "unknown-order", f"Choose one of: {known}.")
        raise Invalid("The list cannot be ordered like that.", [problem])
    return order


def _with_sort_key(rows: SearchEntryQuerySet, text: str, order: str) -> SearchEntryQuerySet:
    if order == "score":
        return rows.annotate(known_score=Coalesce("score", UNMEASURED))
    if order == "relevance":
        return rows.annotate(relevance=_relevance(text))
    return rows


def _relevance(text: str) -> ExpressionWrapper[Any]:
    """Exact name, then beginning of a name, then text rank weighed with trust."""
    name = text.strip().lower()
    boost = Case(
        When(Q(name__iexact=name) | Q(fqn=name), then=Value(EXACT)),
        When(name__istartswith=name, then=Value(BEGINNING)),
        default=Value(0.0),
    )
    text_rank = SearchRank(F("vector"), TermsQuery(query_text(text)))
    weighed = boost + text_rank * (F("rank") + 0.1)
    return ExpressionWrapper(weighed, output_field=FloatField())


def _unneeded(text: str) -> tuple[str, ...]:
    return () if text else ("columns",)


def _hit(row: SearchEntry, text: str) -> Hit:
    return Hit(
        kind=row.kind,
        object_id=row.object_id,
        fqn=row.fqn,
        name=row.name,
        summary=row.summary,
        domain_path=row.domain_path,
        domain_name=row.domain_name,
        owner_slug=row.owner_slug,
        owner_name=row.owner_name,
        status=row.status,
        archetype=row.archetype,
        classification=row.classification,
        tags=tuple(row.tags),
        score=row.score,
        measured_at=row.measured_at,
        consumers=row.consumers,
        updated_at=row.updated_at,
        url=row.url,
        matched=_matched(row, text),
    )


def _matched(row: SearchEntry, text: str) -> Matched | None:
    """The text that holds most of the asked words; of equals, names before columns and so on."""
    asked = runs(text)
    if not asked:
        return None
    candidates = [Matched("name", row.name)]
    candidates += [Matched("column", column) for column in row.columns]
    candidates += [Matched("tag", tag) for tag in row.tags]
    candidates.append(Matched("description", row.summary))
    best, most = None, 0
    for each in candidates:
        held = sum(is_found(run, each.text) for run in asked)
        if held > most:
            best, most = each, held
        if most == len(asked):
            break
    return best
