"""Type-ahead: names of all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, IntegerField, Max, Q, Value

from accounts.actors import Actor
from catalog.search.models import (
    OFFERS,
    SearchEntry,
    SearchEntryQuerySet,
    SearchWord,
    spelling_of_name,
)
from catalog.search.words import parts, query_text, runs

MAX_SUGGESTIONS = 20
FREQUENT = 1_500  # rows that hold a word
SHORT = 2  # characters; so short a beginning is looked up at the start of names only
FIELDS = ("kind", "fqn", "name", "domain_name", "owner_name", "status", "url")


@dataclass(frozen=True)
class Suggestion:
    kind: str
    fqn: str
    name: str
    domain_name: str
    owner_name: str
    status: str
    url: str


def suggest(actor: Actor, text: str, limit: int = 8, *, begin_so: bool = False) -> list[Suggestion]:
    """Things whose name has words that begin so: products first, then the other kinds.

    Of each, names that begin with `text` come before names that hold it later, the best known
    first.

    Args:
        begin_so: only names that begin with `text`; so it is where `text` is very short.

    Cost: two SQL statements, one for names that begin so.
    """
    names = query_text(text)
    if not names or actor.is_visitor:
        return []
    limit = min(limit, MAX_SUGGESTIONS)
    begin_so = begin_so or len(text.strip()) <= SHORT
    walk = not begin_so and _is_frequent(text)
    visible = SearchEntry.objects.visible_to(actor)
    pieces: list[Any] = []
    for rows in (visible.filter(kind__in=OFFERS), visible.filter(~Q(kind__in=OFFERS))):
        spelt = rows.annotate(spelling=spelling_of_name())
        pieces.append(_cut(spelt.filter(spelling__startswith=text.strip().lower()), 0, limit))
        if not begin_so:
            pieces.append(_cut(rows.named_like(names), 1, limit, walk=walk))
    found: list[tuple[Any, ...]] = list(pieces[0].union(*pieces[1:], all=True))
    seen: dict[tuple[str, str], Suggestion] = {}
    for _, _, *row in sorted(found, key=lambda row: (row[0], -row[1])):
        suggestion = Suggestion(*row)
        seen.setdefault((suggestion.kind, suggestion.fqn), suggestion)
    return _both(list(seen.values()), limit)


def _cut(rows: SearchEntryQuerySet, place: int, limit: int, *, walk: bool = True) -> Any:
    """The best of these rows; without `walk` the index of ranks is not what they are read by."""
    return (
        rows.annotate(place=Value(place, output_field=IntegerField()))
        .order_by("-rank" if walk else (F("rank") + 0).desc(), "id")
        .values_list("place", "rank", *FIELDS)[:limit]
    )


def _is_frequent(text: str) -> bool:
    """Whether many rows hold a word that begins like the last one of `text`.

    The database cannot guess it, and walking down the ranks for a rare word reads everything.
    """
    last = parts(runs(text)[-1])[-1]
    known = SearchWord.objects.filter(word__startswith=last)
    most: int | None = known.aggregate(most=Max("frequency"))["most"]
    return (most or 0) >= FREQUENT


def _both(found: list[Suggestion], limit: int) -> list[Suggestion]:
    """Products first; the other kinds keep a share of the places."""
    offers = [each for each in found if each.kind in OFFERS]
    others = [each for each in found if each.kind not in OFFERS]
    kept = offers[: max(limit - len(others), limit * 5 // 8)]
    return [*kept, *others[: limit - len(kept)]]
