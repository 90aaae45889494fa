"""Hits in the order of how well they answer to a text, counted in the same pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchRank
from django.db.models import Case, ExpressionWrapper, F, FloatField, Q, Value, When
from django.db.models.expressions import RawSQL

from accounts.actors import Actor
from catalog.search.models import SearchEntry, SearchEntryQuerySet, TermsQuery, spelling_of_name
from catalog.search.selectors.asking import Asked
from catalog.search.selectors.conditions import narrowed
from catalog.search.selectors.counting import counting_parts, hit_parts
from catalog.search.selectors.floors import terms_of
from catalog.search.selectors.parts import Count, Part, rows_of
from catalog.search.selectors.questions import SearchQueryData
from catalog.search.selectors.stepping import is_read
from core.paging import after_cursor, encode_cursor, page_size

ORDER = ("-relevance", "id")
EXACT, BEGINNING = 1000.0, 100.0  # far above any text rank
PER_WORD = 4.0  # a hit with one word more stands before those with a word less
CANDIDATES = 200  # the most trusted of many matches; only these are ranked by their text
BEGINNINGS = 50

Key = tuple[float, int]  # relevance, id of the entry


@dataclass(frozen=True)
class Best:
    """Keys of the page's hits in their order, and of what follows."""

    asked: Asked  # the reading of the text that found them; the last one where nothing did
    keys: Sequence[Key] = ()
    next_cursor: str | None = None
    counts: Sequence[Count] = ()  # as `counted_of` reads them


def best(actor: Actor, query: SearchQueryData, readings: Sequence[Asked], *, counted: bool) -> Best:
    """The page of the most relevant hits and, when `counted`, the counts of facets beside it.

    Of several readings of a text, the first one that finds something answers. Of a text that very
    many rows answer to, only the most trusted rows are looked at. Cost: one SQL statement.
    """
    if actor.is_visitor:
        return Best(readings[-1])
    terms = [terms_of(each) for each in readings]
    of_hits = counting_parts(actor, query, terms) if counted else hit_parts(actor, query, terms, [])
    rows = rows_of([*of_hits, _page_part(actor, query, readings)])
    return _page(query, readings, rows)


def _page(query: SearchQueryData, readings: Sequence[Asked], rows: Iterable[Count]) -> Best:
    counts, hits, used = [], [], len(readings) - 1
    for kind, value, rank, place in rows:
        if kind == "hit":
            hits.append((place, float(rank), int(value)))
        elif kind == "reading":
            used = int(value)
        else:
            counts.append((kind, value, rank, place))
    size = page_size(query.size)
    keys = [(rank, pk) for _, rank, pk in sorted(hits)[:size]]
    following = encode_cursor(keys[-1]) if len(hits) > size else None
    return Best(readings[used], keys, following, counts)


def _page_part(actor: Actor, query: SearchQueryData, readings: Sequence[Asked]) -> Part:
    """Of the candidates, the best after the cursor."""
    rows = narrowed(actor, query)
    found = [each.query.sql_with_params() for each in _named(rows, readings)]
    trusted = f"SELECT id FROM hits ORDER BY rank DESC, id LIMIT {CANDIDATES}"  # noqa: S608
    union = " UNION ".join(f"({sql})" for sql in [trusted, *(sql for sql, _ in found)])
    given = [value for _, values in found for value in values]
    ranked: Any = SearchEntry.objects.filter(pk__in=RawSQL(union, given))  # noqa: S611
    ranked = ranked.annotate(relevance=_relevance(readings))
    if query.cursor:
        ranked = after_cursor(ranked, ORDER, query.cursor)
    page = ranked.order_by(*ORDER).values_list("id", "relevance")[: page_size(query.size) + 1]
    cte, values = page.query.sql_with_params()
    place = "row_number() OVER (ORDER BY relevance DESC, id)"
    select = f"SELECT 'hit', id::text, relevance::text, {place} FROM best"  # noqa: S608
    return Part([select], "best", cte, values)


def _named(rows: SearchEntryQuerySet, readings: Sequence[Asked]) -> Iterator[Any]:
    """Ids of whatever is named like the text; the shortest of the names that begin so."""
    spelt = rows.annotate(spelling=spelling_of_name())
    names = [each.spoken.strip().lower() for each in readings]
    for name in dict.fromkeys(names):
        used = [n for n, each in enumerate(names) if each == name]
        alike = spelt if len(used) == len(names) else spelt.filter(is_read("hits", used))
        yield alike.filter(Q(spelling=name) | Q(fqn=name)).order_by().values("pk")
        begun = alike.filter(spelling__startswith=name).order_by("spelling")
        yield begun.values("pk")[:BEGINNINGS]


def _relevance(readings: Sequence[Asked]) -> Any:
    first, *others = map(_relevance_to, readings)
    cases = [When(is_read("hits", [n]), then=each) for n, each in enumerate(others, start=1)]
    return Case(*cases, default=first) if cases else first


def _relevance_to(asked: Asked) -> ExpressionWrapper[Any]:
    """Exact name, then beginning of a name, then text rank weighed with trust."""
    name = asked.spoken.strip().lower()
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
