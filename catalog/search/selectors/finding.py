"""Pages of hits, for one reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.contrib.postgres.search import SearchRank
from django.db.models import Case, ExpressionWrapper, F, FloatField, Q, Value, When
from django.db.models.functions import Coalesce, Lower

from accounts.actors import Actor
from catalog.search.models import UNMEASURED, SearchEntry, SearchEntryQuerySet, TermsQuery
from catalog.search.selectors.asking import Asked, corrected, most_words, read
from catalog.search.selectors.conditions import narrowed
from catalog.search.selectors.counting import FacetValue, count_facets
from catalog.search.selectors.floors import floor_of
from catalog.search.selectors.questions import SearchQueryData
from catalog.search.words import is_found, runs
from core.errors import Invalid
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

EXACT, BEGINNING = 1000.0, 100.0  # far above any text rank
PER_WORD = 4.0  # a hit with one word more stands before those with a word less
CANDIDATES = 400  # the most trusted of many matches; only these are ranked by their text
WANTED = 1_000  # matches above the floor, so that filters leave a page of them
BEGINNINGS = 50
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
PLACES = (("column", "columns"), ("term", "terms"), ("tag", "tags"))


@dataclass(frozen=True)
class Matched:
    """Why a hit is one: where the asked words stand."""

    kind: str  # name, column, term, tag, technology, description
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
    technologies: tuple[str, ...]
    score: float | None  # 0-100
    measured_at: dt.datetime | None
    stale_at: dt.datetime | None
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
    asked: Asked


def find(actor: Actor, query: SearchQueryData) -> SearchPage:
    """A page of hits that `actor` may see, with facet counts "if I ticked this" and the total.

    Where no row has every word, misspelt words are mended; where that finds nothing either, rows
    that have most of the words are shown. `asked` says what was done.

    Raises:
        Invalid: unknown order, or a cursor that is not ours.

    Cost: at most three SQL statements when something is found, two more when nothing was.
    """
    asked, page = understood(actor, query)
    counted = count_facets(actor, query, asked.required)
    return SearchPage(
        page.rows, page.next_cursor, counted.facets, counted.total, counted.total_capped, asked
    )


def understood(actor: Actor, query: SearchQueryData) -> tuple[Asked, KeysetPage[Hit]]:
    """How the text is read so that the reader finds something, and the page."""
    asked = read(query.text)
    page = hits(actor, query, asked)
    if page.rows or query.is_literal or not asked.required:
        return asked, page
    for other in (corrected(asked) if asked.meant else None, most_words(asked)):
        if other is not None:
            found = hits(actor, query, other)
            if found.rows:
                return other, found
    return asked, page


def hits(actor: Actor, query: SearchQueryData, asked: Asked | None = None) -> KeysetPage[Hit]:
    """The page alone. Cost: one SQL statement; one more to read the text without `asked`."""
    asked = read(query.text) if asked is None else asked
    order = _order_of(query, asked)
    if order != "relevance":
        rows = narrowed(actor, query).matching(asked.required)
        if order == "score":
            rows = rows.annotate(known_score=Coalesce("score", UNMEASURED))
        return _page(rows, query, asked, order)
    floor = floor_of(asked, WANTED)
    page = _page(_ranked(actor, query, asked, floor), query, asked, order)
    if floor is None or page.next_cursor:
        return page
    return _page(_ranked(actor, query, asked, None), query, asked, order)


def _ranked(
    actor: Actor, query: SearchQueryData, asked: Asked, floor: float | None
) -> SearchEntryQuerySet:
    """Candidates with their relevance."""
    rows = narrowed(actor, query)
    candidates = _candidates(rows, asked, floor)
    return SearchEntry.objects.filter(pk__in=candidates).annotate(relevance=_relevance(asked))


def _page(
    rows: SearchEntryQuerySet, query: SearchQueryData, asked: Asked, order: str
) -> KeysetPage[Hit]:
    rows = rows.defer("vector", *([] if asked.required else ["columns", "terms"]))
    page = keyset_page(rows, order=ORDERS[order], size=query.size, cursor=query.cursor)
    return KeysetPage([_hit(row, asked.text) for row in page.rows], page.next_cursor, page.keys)


def matching(actor: Actor, text: str, *, kind: str) -> SearchEntryQuerySet:
    """Rows of one kind that have every word of `text`, for lists that another room draws."""
    rows = SearchEntry.objects.visible_to(actor).filter(kind=kind)
    return rows.matching(read(text).required)


def hit_count(actor: Actor, query: SearchQueryData, *, cap: int) -> int:
    """How many hits there are, exact up to `cap`; else `cap + 1`."""
    rows = narrowed(actor, query).matching(read(query.text).required)
    return rows.order_by()[: cap + 1].count()


def _order_of(query: SearchQueryData, asked: Asked) -> str:
    default = "relevance" if asked.required else "rank"
    order = query.order or default
    if order == "relevance":
        return default
    if order not in ORDERS:
        known = ", ".join(ORDERS)
        problem = Problem("/order", "unknown-order", f"Choose one of: {known}.")
        raise Invalid("The list cannot be ordered like that.", [problem])
    return order


def _candidates(rows: SearchEntryQuerySet, asked: Asked, floor: float | None) -> Any:
    """Ids: the most trusted matches, and whatever is named like the text.

    The rank is written so that no index of ranks is walked: each step would read a whole vector.
    """
    name = asked.text.strip().lower()
    matches = rows.matching(asked.required)
    if floor is not None:
        matches = matches.filter(rank__gte=floor)
    trusted = matches.order_by((F("rank") + 0).desc(), "id").values("pk")[:CANDIDATES]
    lower = rows.annotate(lower_name=Lower("name"))
    named = lower.filter(Q(lower_name=name) | Q(fqn=name)).order_by().values("pk")
    begins = lower.filter(lower_name__startswith=name).order_by("-rank", "id")
    return trusted.union(named, begins.values("pk")[:BEGINNINGS])


def _relevance(asked: Asked) -> ExpressionWrapper[Any]:
    """Exact name, then beginning of a name, then text rank weighed with trust."""
    name = asked.text.strip().lower()
    boost = Case(
        When(Q(name__iexact=name) | Q(fqn=name), then=Value(EXACT)),
        When(name__istartswith=name, then=Value(BEGINNING)),
        default=Value(0.0),
    )
    text_rank = SearchRank(F("vector"), TermsQuery(asked.ranked))
    weighed: Any = boost + text_rank * (F("rank") + 0.1)
    for each in asked.counted:
        has = Case(When(vector=TermsQuery(each), then=Value(PER_WORD)), default=Value(0.0))
        weighed = weighed + has
    return ExpressionWrapper(weighed, output_field=FloatField())


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
        technologies=tuple(row.technologies),
        score=row.score,
        measured_at=row.measured_at,
        stale_at=row.stale_at,
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
    for kind, member in PLACES:
        candidates += [Matched(kind, each) for each in getattr(row, member)]
    candidates += [Matched("technology", each) for each in row.technologies]
    candidates.append(Matched("description", row.summary))
    best, most = None, 0
    for each in candidates:
        held = sum(is_found(run, each.text) for run in asked)
        if held > most:
            best, most = each, held
        if most == len(asked):
            break
    return best
