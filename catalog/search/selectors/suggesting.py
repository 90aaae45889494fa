"""Type-ahead: names of all kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Max, Q

from accounts.actors import Actor
from catalog.search.models import (
    OFFERS,
    SearchEntry,
    SearchWord,
    spelling_of_name,
)
from catalog.search.words import parts, query_text, runs

MAX_SUGGESTIONS = 20
FREQUENT = 1_500  # names that hold a word
REACH = 1_000  # names that are compared by how well they are known
SHORT = 2  # characters; so short a beginning is looked up at the start of names only
FIELDS = ("kind", "fqn", "name", "domain_name", "owner_name", "owner_team_id", "status", "url")


@dataclass(frozen=True)
class Suggestion:
    kind: str
    fqn: str
    name: str
    domain_name: str
    owner_name: str
    owner_team_id: int | None
    status: str
    url: str


def suggest(actor: Actor, text: str, limit: int = 8, *, begin_so: bool = False) -> list[Suggestion]:
    """Things whose name has words that begin so: products first, then the other kinds.

    Of each, names that begin with `text` come before names that hold it later, the best known
    first; of more than `REACH` names, the first by the alphabet count.

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
    pieces: list[tuple[str, Sequence[Any]]] = []
    for rows in (visible.filter(kind__in=OFFERS), visible.filter(~Q(kind__in=OFFERS))):
        spelt = rows.annotate(spelling=spelling_of_name())
        begun = spelt.filter(spelling__startswith=text.strip().lower()).order_by("spelling")
        pieces.append(_best(begun[:REACH], 0, limit))
        if not begin_so:
            named = rows.named_like(names)
            first = named.order_by("-rank", "id")[:limit] if walk else named.order_by()[:REACH]
            pieces.append(_best(first, 1, limit))
    seen: dict[tuple[str, str], Suggestion] = {}
    for _, _, *row in sorted(_read(pieces), key=lambda row: (row[0], -row[1])):
        suggestion = Suggestion(*row)
        seen.setdefault((suggestion.kind, suggestion.fqn), suggestion)
    return _both(list(seen.values()), limit)


def _best(rows: Any, place: int, limit: int) -> tuple[str, Sequence[Any]]:
    """SQL of the best known of these rows, which are read in their own order."""
    sql, params = rows.values_list("rank", *FIELDS).query.sql_with_params()
    best = f"SELECT {place}, * FROM ({sql}) AS found ORDER BY rank DESC LIMIT {limit}"  # noqa: S608
    return f"({best})", params


def _read(pieces: Sequence[tuple[str, Sequence[Any]]]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        statement = " UNION ALL ".join(sql for sql, _ in pieces)
        cursor.execute(statement, [value for _, params in pieces for value in params])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _is_frequent(text: str) -> bool:
    """Whether many names hold a word that begins like the last one of `text`.

    The database cannot guess it, and walking down the ranks for a rare word reads everything.
    """
    last = parts(runs(text)[-1])[-1]
    known = SearchWord.objects.filter(word__startswith=last)
    most: int | None = known.aggregate(most=Max("in_names"))["most"]
    return (most or 0) >= FREQUENT


def _both(found: list[Suggestion], limit: int) -> list[Suggestion]:
    """Products first; the other kinds keep a share of the places."""
    offers = [each for each in found if each.kind in OFFERS]
    others = [each for each in found if each.kind not in OFFERS]
    kept = offers[: max(limit - len(others), limit * 5 // 8)]
    return [*kept, *others[: limit - len(kept)]]
