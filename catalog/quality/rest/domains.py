"""REST: how a domain weighs dimensions, and how its products fare in them."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.models import Domain
from catalog.quality import services
from catalog.quality.rest import shapes
from catalog.quality.selectors import DomainWeights, weights_of
from catalog.quality.selectors.domains import heat_page
from catalog.quality.states import Dimension
from core.idempotency import idempotent
from core.openapi import KEY, PAGES, page_of
from core.rest import body_of, page_response, page_size

WEIGHTS = {
    "type": "object",
    "properties": {
        each: {"type": "number", "minimum": 0, "maximum": 100} for each in Dimension.values
    },
}


class DomainWeighing(APIView):
    """How much each dimension counts in a domain."""

    @extend_schema(operation_id="domain_quality_weights", responses={200: shapes.WEIGHTS})
    def get(self, request: Request, path: str) -> Response:
        """What holds, and which domain says so (`source`; null: each counts the same)."""
        return Response(_weights(weights_of(get_object_or_404(Domain, path=path))))

    @extend_schema(
        operation_id="domain_quality_weights_put",
        parameters=[KEY],
        request={"application/json": WEIGHTS},
        responses={200: shapes.WEIGHTS},
    )
    @idempotent
    def put(self, request: Request, path: str) -> Response:
        """Set them; what is left out counts 1, and with nothing at all the domain above decides."""
        domain = get_object_or_404(Domain, path=path)
        set_now = services.set_weights(
            domain=domain, weights=body_of(request), actor=actor_in(request)
        )
        return Response(_weights(set_now))


class DomainQuality(APIView):
    """The products of a domain by dimension."""

    @extend_schema(
        operation_id="domain_quality",
        parameters=PAGES,
        responses={200: page_of(shapes.HEAT_ROW)},
    )
    def get(self, request: Request, path: str) -> Response:
        """Those of the domains below too, the worst first; only what the caller may see."""
        domain = get_object_or_404(Domain, path=path)
        cursor = request.query_params.get("cursor")
        page = heat_page(actor_in(request), domain, size=page_size(request), cursor=cursor)
        now = timezone.now()
        results = [
            {
                "product": row.product.fqn,
                "score": row.product.quality_score,
                "coverage": row.product.quality_coverage,
                "stale": bool(row.product.quality_stale_at and row.product.quality_stale_at < now),
                "dimensions": row.scores,
            }
            for row in page.rows
        ]
        return page_response(request, page, results)


def _weights(known: DomainWeights) -> dict[str, Any]:
    return {"weights": known.weights, "source": known.source or None}
