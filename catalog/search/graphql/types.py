"""Search over everything that has a page, type-ahead, and saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import graphene

from accounts.actors import Actor
from catalog.search.models import SavedSearch as SavedSearchModel
from catalog.search.selectors import KIND_LABELS, SearchQueryData, hit_count, suggest, understood
from core.graphql import (
    COUNT_CAP,
    Edge,
    Page,
    RowsType,
    connection,
    enum,
    extend,
    listed,
    page_from,
    rows_of,
)
from core.paging import keyset_page

SAVED = ("id", "name", "query", "follow", "last_seen_at", "created_at")
SearchKind = enum(
    "SearchKind",
    [(kind.upper(), kind) for kind in KIND_LABELS],
    "A kind of thing that has a page.",
    {kind: f"{label}." for kind, label in KIND_LABELS.items()},
)


class SearchHit(RowsType):
    """Something that was found, as a card shows it."""

    kind = SearchKind(required=True, description="What it is.")
    id = graphene.ID(required=True, description="Of the thing, as its own type has it.")
    fqn = graphene.String(required=True, description="Its full name, slug or path.")
    name = graphene.String(required=True, description="As people write it.")
    summary = graphene.String(required=True, description="What it is, in one line.")
    domain_path = graphene.String(required=True, description="Where it belongs; empty: nowhere.")
    owner_slug = graphene.String(required=True, description="Slug of its team; empty: none.")
    status = graphene.String(description="Where it is in its life, as its page says it.")
    score = graphene.Float(description="Of a product: quality, 0-100.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")
    matched = graphene.String(description="The text that holds the most of what was searched.")
    matched_in = graphene.String(description="Where that stands: name, column, term, tag, ...")


SearchHitConnection = connection(SearchHit, counted=True)


class SearchAnswer(graphene.ObjectType):
    """What was found, and how the text was read."""

    text = graphene.String(required=True, description="The text that was searched for.")
    is_corrected = graphene.Boolean(
        required=True, description="Nothing was found as typed; this is what is meant."
    )
    is_partial = graphene.Boolean(
        required=True, description="Nothing holds all words; these hits have most of them."
    )
    also = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Synonyms of the glossary that were searched for, too.",
    )
    hits = graphene.Field(
        SearchHitConnection, required=True, description="The page of hits that was asked for."
    )


class Suggestion(graphene.ObjectType):
    """A name that begins so."""

    kind = SearchKind(required=True, description="What it is.")
    fqn = graphene.String(required=True, description="Its full name, slug or path.")
    name = graphene.String(required=True, description="As people write it.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")


class SavedSearch(RowsType):
    """A question to the marketplace that somebody asks again and again."""

    id = graphene.ID(required=True, description="As REST has it.")
    name = graphene.String(required=True, description="As its owner calls it.")
    query = graphene.String(required=True, description="Query string of a marketplace page.")
    follow = graphene.Boolean(required=True, description="What is new stands on the home page.")
    last_seen_at = graphene.DateTime(required=True, description="When it was last opened.")


SavedSearchConnection = connection(SavedSearch)


class Query(graphene.ObjectType):
    search = graphene.Field(
        SearchAnswer,
        required=True,
        description="Everything that has a page and holds these words, the best first.",
        text=graphene.String(
            required=True,
            description='Words; the last may be a beginning. Also "an exact phrase", column:name.',
        ),
        kind=graphene.List(
            graphene.NonNull(SearchKind), description="Only of these kinds; none: all."
        ),
        exact=graphene.Boolean(
            required=True,
            default_value=False,
            description="Correct no typing mistakes, and require every word.",
        ),
        first=graphene.Int(required=True, description="How many hits at most, 1 to 200."),
        after=graphene.String(description="`endCursor` of the page before."),
    )
    suggest = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(Suggestion))),
        description="Names with words that begin so: products first, the best known first.",
        text=graphene.String(required=True, description="The beginning."),
        first=graphene.Int(
            required=True, default_value=8, description="How many at most; 20 are given at most."
        ),
    )

    @staticmethod
    def resolve_search(
        root: None,
        info: Any,
        text: str,
        exact: bool,
        first: int,
        kind: Sequence[Any] | None = None,
        after: str | None = None,
    ) -> dict[str, Any]:
        actor: Actor = info.context.actor
        kinds = tuple(each.value for each in kind or ())
        query = SearchQueryData(text=text, kinds=kinds, is_literal=exact, cursor=after, size=first)
        asked, found = understood(actor, query)
        edges = [
            Edge(row, key)
            for row, key in zip(rows_of(map(_values, found.rows)), found.keys, strict=True)
        ]
        page = Page(
            edges,
            has_next=found.next_cursor is not None,
            count=partial(hit_count, actor, query, cap=COUNT_CAP),
        )
        return {
            "text": asked.text,
            "is_corrected": asked.is_corrected,
            "is_partial": asked.is_partial,
            "also": asked.also,
            "hits": page,
        }

    @staticmethod
    def resolve_suggest(root: None, info: Any, text: str, first: int) -> Any:
        return suggest(info.context.actor, text, first)


def _values(hit: Any) -> dict[str, Any]:
    named = ("kind", "fqn", "name", "summary", "domain_path", "owner_slug", "score", "url")
    return {
        **{name: getattr(hit, name) for name in named},
        "id": hit.object_id,
        "status": hit.status or None,
        "matched": hit.matched.text if hit.matched else None,
        "matched_in": hit.matched.kind if hit.matched else None,
    }


def _saved(actor: Actor, info: Any, first: int, after: str | None = None) -> Page:
    rows = SavedSearchModel.objects.visible_to(actor).values(*SAVED)
    return page_from(keyset_page(rows, order=["name", "id"], size=first, cursor=after))


def register() -> None:
    """Add the caller's saved searches to the viewer."""
    field = listed(SavedSearchConnection, "Searches that the caller keeps, by name.")
    field.resolver = _saved
    extend("Viewer", "saved_searches", field)
