"""`search` and `search/suggest`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import QueryDict, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.search import services
from catalog.search.marking import marked
from catalog.search.models import SavedSearch
from catalog.search.rest import shapes
from catalog.search.rest.parameters import FILTERS, number, query_of
from catalog.search.selectors import (
    EXPORT_HEADER,
    Hit,
    SearchPage,
    SearchQueryData,
    export_rows,
    find,
    query_string,
    question_of,
    saved_with_news,
    suggest,
)
from core.csv_rows import CsvRenderer, csv_response, wants_csv
from core.errors import NotFound
from core.idempotency import idempotent
from core.openapi import KEY, whole_list_of
from core.paging import KeysetPage
from core.rest import body_of, page_response

KIND = OpenApiParameter(
    "kind", str, many=True, description="product, contract, system, term, team, domain, blueprint"
)
LITERAL = OpenApiParameter(
    "exact", bool, description="no correction of typing mistakes, every word required"
)
SAVED = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "query": {"type": "string", "description": "query string of a marketplace page"},
        "follow": {"type": "boolean"},
    },
}
CHANGED = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "follow": {"type": "boolean"},
        "seen": {"type": "boolean", "description": "true: what is there now is known"},
    },
}


class Search(APIView):
    """Everything that can be found."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="search",
        parameters=[*FILTERS, KIND, LITERAL],
        responses={200: shapes.FOUND, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """Hits with facet counts; `total` is exact unless `total_capped`.

        As CSV (`Accept: text/csv` or `?format=csv`): every row of the list, at most 50,000.
        """
        query = query_of(request)
        if wants_csv(request):
            return csv_answer(request, query)
        page = find(actor_in(request), query)
        rows = KeysetPage(page.rows, page.next_cursor)
        answer = page_response(request, rows, [hit_as_dict(each) for each in page.rows])
        answer.data |= {
            "total": page.total,
            "total_capped": page.total_capped,
            "facets": {
                name: [asdict(value) for value in values] for name, values in page.facets.items()
            },
            "searched_for": _searched_for(page),
        }
        return answer


class Suggest(APIView):
    """Type-ahead over names."""

    @extend_schema(
        operation_id="search_suggest",
        parameters=[
            OpenApiParameter("q", str, description="beginning of a name"),
            OpenApiParameter("limit", int, description="1 to 20"),
        ],
        responses={200: shapes.SUGGESTED},
    )
    def get(self, request: Request) -> Response:
        """The best known things whose name has words that begin so; also grouped by kind."""
        limit = int(number(request, "limit", 1, 20) or 8)
        text = request.query_params.get("q", "")
        results: list[dict[str, Any]] = []
        groups: dict[str, list[str]] = {}
        for each in suggest(actor_in(request), text, limit):
            parts = [asdict(part) for part in marked(each.name, text)]
            results.append(asdict(each) | {"parts": parts})
            groups.setdefault(each.kind, []).append(each.fqn)
        return Response({"results": results, "groups": groups})


class SavedSearches(APIView):
    """Searches that the caller keeps."""

    @extend_schema(
        operation_id="saved_searches", responses={200: whole_list_of(shapes.SAVED_WITH_NEWS)}
    )
    def get(self, request: Request) -> Response:
        """All of them, with the number of rows that came since they were last opened."""
        rows = [
            _saved(row.saved) | {"new": row.new, "url": row.url}
            for row in saved_with_news(actor_in(request))
        ]
        return Response({"results": rows, "next": None})

    @extend_schema(
        operation_id="saved_search_create",
        parameters=[KEY],
        request={"application/json": SAVED},
        responses={201: shapes.SAVED},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep one. `query` is the query string of a marketplace page."""
        body = body_of(request)
        saved = services.save_search(
            name=str(body.get("name") or ""),
            query=query_string(question_of(QueryDict(str(body.get("query") or "")[:4000]), size=1)),
            follow=body.get("follow") is True,
            actor=actor_in(request),
        )
        return Response(_saved(saved), status=201)


class SavedSearchDetail(APIView):
    """One saved search."""

    @extend_schema(
        operation_id="saved_search_update",
        parameters=[KEY],
        request={"application/json": CHANGED},
        responses={200: shapes.SAVED},
    )
    @idempotent
    def patch(self, request: Request, pk: int) -> Response:
        """Change `name` or `follow`; `seen: true` says that what is there now is known."""
        actor, body = actor_in(request), body_of(request)
        saved = _own(request, pk)
        if body.get("seen") is True:
            services.mark_seen(saved=saved, actor=actor)
        name, follow = body.get("name"), body.get("follow")
        if name is not None or follow is not None:
            services.update_search(
                saved=saved,
                actor=actor,
                name=None if name is None else str(name),
                follow=None if follow is None else follow is True,
            )
        return Response(_saved(saved))

    @extend_schema(operation_id="saved_search_delete", parameters=[KEY], responses={204: None})
    @idempotent
    def delete(self, request: Request, pk: int) -> Response:
        """Forget it."""
        services.remove_search(saved=_own(request, pk), actor=actor_in(request))
        return Response(status=204)


def csv_answer(request: Request, query: SearchQueryData) -> StreamingHttpResponse:
    """The whole list as a file; written down in the audit log."""
    actor = actor_in(request)
    services.record_export(query=query, actor=actor)
    return csv_response("products", EXPORT_HEADER, export_rows(actor, query))


def _searched_for(page: SearchPage) -> dict[str, Any]:
    """How the text was read: mended, widened by synonyms, or content with most of the words."""
    return {
        "text": page.asked.text,
        "corrected": page.asked.is_corrected,
        "most_words": page.asked.is_partial,
        "also": list(page.asked.also),
    }


def _own(request: Request, pk: int) -> SavedSearch:
    found = SavedSearch.objects.visible_to(actor_in(request)).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such saved search.")
    return found


def _saved(saved: SavedSearch) -> dict[str, Any]:
    return {"id": saved.pk, "name": saved.name, "query": saved.query, "follow": saved.follow}


def hit_as_dict(hit: Hit) -> dict[str, Any]:
    """The public form of a hit."""
    return {
        "kind": hit.kind,
        "id": hit.object_id,
        "fqn": hit.fqn,
        "name": hit.name,
        "purpose": hit.summary,
        "status": hit.status or None,
        "archetype": hit.archetype or None,
        "classification": hit.classification or None,
        "domain": {"path": hit.domain_path, "name": hit.domain_name},
        "owner": {"slug": hit.owner_slug, "name": hit.owner_name},
        "tags": list(hit.tags),
        "technologies": list(hit.technologies),
        "score": hit.score,
        "measured_at": hit.measured_at,
        "stale_at": hit.stale_at,
        "incident": hit.incident or None,
        "consumer_count": hit.consumers,
        "updated_at": hit.updated_at,
        "url": hit.url,
        "matched": asdict(hit.matched) if hit.matched else None,
    }
