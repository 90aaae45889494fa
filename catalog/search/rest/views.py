"""`search` and `search/suggest`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.search.rest.parameters import FILTERS, number, query_of
from catalog.search.selectors import Hit, find, suggest
from core.paging import KeysetPage
from core.rest import page_response

OBJECT = {"type": "object"}
KIND = OpenApiParameter("kind", str, many=True, description="product, contract")


class Search(APIView):
    """Everything that can be found."""

    @extend_schema(
        operation_id="search",
        parameters=[
            *FILTERS,
            OpenApiParameter("kind", str, many=True, description="product, contract"),
        ],
        responses={200: OBJECT},
    )
    def get(self, request: Request) -> Response:
        """Hits with facet counts; `total` is exact unless `total_capped`."""
        page = find(actor_in(request), query_of(request))
        rows = KeysetPage(page.rows, page.next_cursor)
        answer = page_response(request, rows, [hit_as_dict(each) for each in page.rows])
        answer.data["total"] = page.total
        answer.data["total_capped"] = page.total_capped
        answer.data["facets"] = {
            name: [asdict(value) for value in values] for name, values in page.facets.items()
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
        responses={200: OBJECT},
    )
    def get(self, request: Request) -> Response:
        """The best known things whose name has words that begin so."""
        limit = int(number(request, "limit", 1, 20) or 8)
        found = suggest(actor_in(request), request.query_params.get("q", ""), limit)
        return Response({"results": [asdict(each) for each in found]})


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
        "score": hit.score,
        "measured_at": hit.measured_at,
        "consumer_count": hit.consumers,
        "updated_at": hit.updated_at,
        "url": hit.url,
        "matched": asdict(hit.matched) if hit.matched else None,
    }
