"""REST reads of quality."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.models import DataProduct
from catalog.quality.selectors import QualityOfProduct, quality_of


class ProductQuality(APIView):
    """GET /products/{fqn}/quality: the score and why it is what it is."""

    @extend_schema(operation_id="product_quality", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, fqn: str) -> Response:
        product = get_object_or_404(DataProduct.objects.visible_to(actor_in(request)), fqn=fqn)
        return Response(as_json(quality_of(product)))


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
        "checks": [
            {
                "id": check.pk,
                "port": check.port.fqn,
                "name": check.name,
                "origin": check.origin,
                "demand": check.demand,
                "pointer": check.pointer,
                "dimension": check.dimension,
                "outcome": check.outcome or None,
                "score": None if check.score is None else check.score * 100,
                "measured_at": check.measured_at,
                "runnable": check.runnable,
                "note": check.note,
            }
            for check in quality.checks
        ],
        "trend": [{"day": point.day, "score": point.score} for point in quality.trend],
        "explanation": [
            {"check": part.name, "dimension": part.dimension, "lost_points": part.lost_points}
            for part in quality.explanation
        ],
    }
