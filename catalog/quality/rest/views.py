"""REST reads of the quality of a product."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.models import DataProduct
from catalog.products.selectors import product_by_fqn
from catalog.quality.completeness import Completeness
from catalog.quality.models import QualityCheck
from catalog.quality.rest import shapes
from catalog.quality.rest.checks import check_as_json
from catalog.quality.selectors import (
    CheckFilter,
    QualityOfProduct,
    Surroundings,
    check_page,
    explained,
    quality_of,
    surroundings,
)
from catalog.quality.selectors.product import MAX_DAYS
from core.paging import MAX_PAGE, KeysetPage
from core.rest import page_size

USUAL_DAYS = 30


class ProductQuality(APIView):
    """GET /products/{fqn}/quality: the score and why it is what it is."""

    @extend_schema(
        operation_id="product_quality",
        parameters=[
            OpenApiParameter("days", int, description=f"of the trend, 1 to {MAX_DAYS}; usual 30"),
            OpenApiParameter("page_size", int, description="checks that come along, at most 200"),
        ],
        responses={200: shapes.QUALITY},
    )
    def get(self, request: Request, fqn: str) -> Response:
        """With the checks that fail first; `checks_next` leads to the others."""
        product = product_by_fqn(actor_in(request), fqn)
        quality = quality_of(product, days=_days(request))
        around = surroundings(actor_in(request), [product.pk]).get(product.pk)
        page = check_page(product, CheckFilter(), size=_size(request))
        return Response(
            {
                **as_json(quality),
                "completeness": described_as_json(quality.completeness),
                "checks": [check_as_json(each) for each in page.rows],
                "checks_count": len(quality.checks),
                "checks_next": _following(request, product, page),
                "staleness": staleness(around),
            }
        )


def as_json(quality: QualityOfProduct) -> dict[str, Any]:
    """Scores 0-100, coverage 0-1 (INTERFACE §4)."""
    return {
        "score": quality.score,
        "coverage": quality.coverage,
        "measured_at": quality.measured_at,
        "stale": quality.stale,
        "dimensions": [
            {
                "dimension": part.dimension,
                "score": part.score,
                "weight": part.weight,
                "checks": part.checks,
            }
            for part in quality.dimensions
        ],
        "trend": [
            {"day": point.day, "score": point.score, "coverage": point.coverage}
            for point in quality.trend
        ],
        "explanation": explained(quality.score, quality.explanation),
    }


def described_as_json(found: Completeness) -> dict[str, Any]:
    """How well the product is described; no part of the score."""
    return {
        "score": found.score,
        "aspects": [
            {
                "name": each.name,
                "share": each.share,
                "to_do": each.mend if each.share < 1 else None,
            }
            for each in found.aspects
        ],
    }


def staleness(around: Surroundings | None) -> dict[str, Any] | None:
    """Whether the data is late or not measured in time, and the nearest late products upstream."""
    if around is None:
        return None
    return {
        "is_stale": around.is_stale,
        "late_since": around.root.late_since,
        "unmeasured_since": around.root.unmeasured_since,
        "causes": [
            {
                "product": each.fqn or None,  # null: the caller may not see it
                "distance": each.distance,
                "written_at": each.written_at if each.is_visible else None,
                "late_since": each.late_since,
            }
            for each in around.causes
        ],
    }


def _following(
    request: Request, product: DataProduct, page: KeysetPage[QualityCheck]
) -> str | None:
    if page.next_cursor is None:
        return None
    path = reverse("rest:product-checks", args=[product.fqn])
    query = urlencode({"page_size": _size(request), "cursor": page.next_cursor})
    return request.build_absolute_uri(f"{path}?{query}")


def _size(request: Request) -> int:
    return page_size(request, default=MAX_PAGE)


def _days(request: Request) -> int:
    text = request.query_params.get("days", str(USUAL_DAYS))
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MAX_DAYS):
        raise ValidationError(f"days is a number from 1 to {MAX_DAYS}.")
    return int(text)
