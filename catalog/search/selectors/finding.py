"""Pages of hits, for one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from accounts.actors import Actor
from catalog.search.models import SearchEntry, SearchEntryQuerySet
from catalog.search.scores import BANDS, NOT_MEASURED
from catalog.search.selectors.asking import Asked, corrected, most_words, read
from catalog.search.selectors.conditions import KNOWN_SCORE, between_scores, narrowed
from catalog.search.selectors.counting import FacetValue, count_facets, counted_of
from catalog.search.selectors.questions import SearchQueryData
from catalog.search.selectors.relevance import ORDER, Best, best
from catalog.search.selectors.showing import Hit, hit_of, with_marks
from core.errors import Invalid
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rank": ("-rank", "id"),
        "relevance": ORDER,
        "name": ("name", "id"),
        "score": ("-known_score", "id"),
        "updated": ("-updated_at", "id"),
        "consumers": ("-consumers", "id"),
    }
)


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

    Cost: three SQL statements for a text (to read it, to find and count, to show), two without; in
    another order than that of relevance one more, and one for each reading that finds nothing.
    """
    asked = read(query.text)
    if _order_of(query, asked) == "relevance":
        found = _best(actor, query, asked, counted=True)
        asked, counted = found.asked, counted_of(query, found.counts)
        page = _shown(actor, query, found)
    else:
        asked, page = understood(actor, query, asked)
        counted = count_facets(actor, query, asked.required)
    return SearchPage(
        page.rows, page.next_cursor, counted.facets, counted.total, counted.total_capped, asked
    )


def understood(
    actor: Actor, query: SearchQueryData, asked: Asked | None = None
) -> tuple[Asked, KeysetPage[Hit]]:
    """How the text is read so that the reader finds something, and the page."""
    asked = read(query.text) if asked is None else asked
    if _order_of(query, asked) == "relevance":
        found = _best(actor, query, asked, counted=False)
        return found.asked, _shown(actor, query, found)
    for each in _readings(query, asked):
        page = hits(actor, query, each)
        if page.rows:
            return each, page
    return asked, KeysetPage([], None)


def _best(actor: Actor, query: SearchQueryData, asked: Asked, *, counted: bool) -> Best:
    found = best(actor, query, _readings(query, asked), counted=counted)
    return found if found.keys or query.cursor else replace(found, asked=asked)


def _readings(query: SearchQueryData, asked: Asked) -> list[Asked]:
    """The ways to read a text; the first that finds something counts."""
    if query.is_literal or not asked.required:
        return [asked]
    mended = corrected(asked) if asked.meant else None
    heard = None if asked.is_unheard else asked
    found = [each for each in (heard, mended, most_words(asked)) if each is not None]
    return found or [asked]


def hits(actor: Actor, query: SearchQueryData, asked: Asked | None = None) -> KeysetPage[Hit]:
    """The page alone. Cost: one SQL statement, two in order of relevance; one more to read the
    text without `asked`.
    """
    asked = read(query.text) if asked is None else asked
    order = _order_of(query, asked)
    if order == "relevance":
        return _shown(actor, query, best(actor, query, [asked], counted=False))
    rows = with_marks(_in_order(actor, query, asked, order))
    rows = rows.defer("vector", *([] if asked.required else ["columns", "terms"]))
    page = keyset_page(rows, order=ORDERS[order], size=query.size, cursor=query.cursor)
    return KeysetPage([hit_of(row, asked.spoken) for row in page.rows], page.next_cursor, page.keys)


def hit_ids(actor: Actor, query: SearchQueryData) -> KeysetPage[str]:
    """Ids of the objects on the page, for those who read them themselves. Cost: as `hits`."""
    asked = read(query.text)
    order = _order_of(query, asked)
    if order == "relevance":
        page = hits(actor, query, asked)
        return KeysetPage([hit.object_id for hit in page.rows], page.next_cursor, page.keys)
    names = [name.lstrip("-") for name in ORDERS[order]]
    rows = _in_order(actor, query, asked, order).values("object_id", *names)
    found = keyset_page(rows, order=ORDERS[order], size=query.size, cursor=query.cursor)
    return KeysetPage([row["object_id"] for row in found.rows], found.next_cursor, found.keys)


def _in_order(
    actor: Actor, query: SearchQueryData, asked: Asked, order: str
) -> SearchEntryQuerySet:
    rows = narrowed(actor, query).matching(asked.required)
    if order != "score":
        return rows
    rows = rows.annotate(known_score=KNOWN_SCORE)
    known = [name for name in query.scores if name in BANDS or name == NOT_MEASURED]
    return rows.filter(between_scores(known)) if known else rows


def _shown(actor: Actor, query: SearchQueryData, found: Best) -> KeysetPage[Hit]:
    """The rows behind the keys."""
    visible = with_marks(SearchEntry.objects.visible_to(actor).defer("vector"))
    rows = visible.in_bulk([pk for _, pk in found.keys]) if found.keys else {}
    keys = [key for key in found.keys if key[1] in rows]
    shown = [hit_of(rows[pk], found.asked.spoken) for _, pk in keys]
    return KeysetPage(shown, found.next_cursor, keys)


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
