"""What is asked, as one value; pages, REST, exports and saved searches share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import urlencode

from django.http import QueryDict

from catalog.search.models import OFFERS
from catalog.search.syntax import take_fields

FIELDS = {"owner": "team"}  # other names, in a text, of the facets below
LONGEST_TEXT = 200  # characters of a search that are read
MAX_CHOICES = 50  # of one facet
CHOICES: Mapping[str, str] = MappingProxyType(  # facet, as addresses name it: member of the query
    {
        "domain": "domains",
        "status": "statuses",
        "team": "teams",
        "archetype": "archetypes",
        "classification": "classifications",
        "technology": "technologies",
        "score": "scores",
        "freshness": "freshnesses",
        "tag": "tags",
        "kind": "kinds",
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
    technologies: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()  # bands, see scores.BANDS, or "none"
    freshnesses: tuple[str, ...] = ()  # kept, overdue, none
    tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()  # kinds where none is chosen; (): all
    term: str = ""  # of the glossary, by name
    min_score: float | None = None
    below_score: float | None = None  # measured, and less than this
    is_literal: bool = False  # no correction, no rows that have only most of the words
    order: str = ""  # of ORDERS; "": relevance for a text, else rank
    cursor: str | None = None
    size: int = 24

    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The chosen values by facet."""
        return {name: getattr(self, member) for name, member in CHOICES.items()}

    def is_unfiltered(self) -> bool:
        """True for the whole marketplace: no text, no filter."""
        bounds = (self.min_score, self.below_score)
        bounded = any(each is not None for each in bounds)
        return not (self.text or self.term or bounded) and not any(self.chosen().values())


def question_of(given: QueryDict, *, size: int) -> SearchQueryData:
    """What the address of a marketplace page asks; odd values are left out."""
    chosen = {
        member: _values(given.getlist(name)) for name, member in CHOICES.items() if name != "kind"
    }
    kinds = _values(given.getlist("kind"))
    score = given.get("min_score", "")
    asked = SearchQueryData(
        **chosen,
        text=_clean(given.get("q", "")).strip()[:LONGEST_TEXT],
        kinds=() if "all" in kinds else kinds,
        scope=() if "all" in kinds else OFFERS,
        term=_clean(given.get("term", "")),
        min_score=float(score) if score.isascii() and score.isdecimal() else None,
        below_score=None,
        is_literal=given.get("exact") == "1",
        order=given.get("order", ""),
        cursor=given.get("cursor") or None,
        size=size,
    )
    return with_typed_filters(asked)


def with_typed_filters(query: SearchQueryData) -> SearchQueryData:
    """The same, with `tag:gold owner:sales-core` in the text as what they are: filters."""
    text, pieces = take_fields(query.text, {*CHOICES, *FIELDS})
    chosen = {name: list(values) for name, values in query.chosen().items()}
    for field, value in pieces:
        chosen[FIELDS.get(field, field)].append(value if field == "tag" else value.lower())
    filters = {CHOICES[name]: _values(values) for name, values in chosen.items()}
    return replace(query, text=text, **filters) if pieces else query  # type: ignore[arg-type]


def query_string(query: SearchQueryData, *extra: tuple[str, str]) -> str:
    """The one canonical query string: nothing that says nothing, no cursor."""
    pairs = [("q", query.text)]
    pairs += [(name, value) for name, values in query.chosen().items() for value in values]
    if not query.kinds and not query.scope:
        pairs.append(("kind", "all"))
    score = "" if query.min_score is None else f"{query.min_score:.0f}"
    pairs += [("term", query.term), ("min_score", score)]
    pairs += [("exact", "1" if query.is_literal else ""), ("order", query.order), *extra]
    return urlencode([pair for pair in pairs if pair[1]])


def _clean(text: str) -> str:
    return text.replace("\0", "")


def _values(texts: list[str]) -> tuple[str, ...]:
    kept = [text for text in texts if text and "\0" not in text]
    return tuple(dict.fromkeys(kept))[:MAX_CHOICES]
