"""Type-ahead: names of all kinds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from accounts.actors import Actor
from catalog.search.models import (
    OFFERS,
    TRUSTED,
    SearchEntry,
    SearchEntryQuerySet,
    spelling_of_name,
)
from catalog.search.selectors.parts import from_indexes
from catalog.search.words import query_text

MAX_SUGGESTIONS = 20
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
    first. Of products, the trusted ones are looked at first, and the others where these are too
    few; of more than `REACH` names that begin so the first by the alphabet, of others any.

    Args:
        begin_so: only names that begin with `text`; so it is where `text` is very short.

    Cost: one SQL statement, which reads a few times `REACH` rows at most.
    """
    names = query_text(text)
    if not names or actor.is_visitor:
        return []
    limit = min(limit, MAX_SUGGESTIONS)
    visible = SearchEntry.objects.visible_to(actor)
    offers, others = visible.filter(kind__in=OFFERS), visible.filter(~Q(kind__in=OFFERS))
    sources = [
        *_trusted_first("begun", 0, _begun(offers, text), limit),
        _source("others_begun", 0, _begun(others, text)),
    ]
    if not begin_so and len(text.strip()) > SHORT:
        sources += [
            *_trusted_first("named", 1, offers.named_like(names).order_by(), limit),
            _source("others_named", 1, others.named_like(names).order_by()),
        ]
    seen: dict[tuple[str, str], Suggestion] = {}
    for _, _, *row in sorted(_read(sources, limit), key=lambda row: (row[0], -row[1])):
        suggestion = Suggestion(*row)
        seen.setdefault((suggestion.kind, suggestion.fqn), suggestion)
    return _both(list(seen.values()), limit)


class _Source(NamedTuple):
    """Rows, and which of their names come first: 0 or 1."""

    name: str
    place: int
    sql: str
    params: Sequence[Any]


def _trusted_first(name: str, place: int, rows: Any, limit: int) -> Iterator[_Source]:
    """Those that are trusted; the others only where these are too few."""
    yield _source(f"trusted_{name}", place, rows.filter(rank__gte=TRUSTED))
    few = f"(SELECT count(*) FROM trusted_{name}) < {limit}"  # noqa: S608
    rest = rows.filter(RawSQL(few, [], output_field=BooleanField()))  # noqa: S611
    yield _source(name, place, rest)


def _source(name: str, place: int, rows: Any) -> _Source:
    sql, params = rows.values_list("rank", *FIELDS)[:REACH].query.sql_with_params()
    return _Source(name, place, sql, params)


def _begun(rows: SearchEntryQuerySet, text: str) -> Any:
    spelt = rows.annotate(spelling=spelling_of_name())
    return spelt.filter(spelling__startswith=text.strip().lower()).order_by("spelling")


def _read(sources: Sequence[_Source], limit: int) -> list[tuple[Any, ...]]:
    """Of each source the best known."""
    held = ", ".join(f"{each.name} AS MATERIALIZED ({each.sql})" for each in sources)
    best = " UNION ALL ".join(
        f"(SELECT {each.place}, * FROM {each.name} ORDER BY rank DESC LIMIT {limit})"  # noqa: S608
        for each in sources
    )
    return from_indexes(f"WITH {held} {best}", [value for each in sources for value in each.params])


def _both(found: list[Suggestion], limit: int) -> list[Suggestion]:
    """Products first; the other kinds keep a share of the places."""
    offers = [each for each in found if each.kind in OFFERS]
    others = [each for each in found if each.kind not in OFFERS]
    kept = offers[: max(limit - len(others), limit * 5 // 8)]
    return [*kept, *others[: limit - len(kept)]]
