"""REST reads of checks and of what they said."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.selectors import product_by_fqn
from catalog.quality.models import CheckResult, QualityCheck
from catalog.quality.rest import shapes
from catalog.quality.selectors import (
    check_by_id,
    check_page,
    filter_of,
    require_known,
    result_page,
    source_of,
)
from catalog.quality.selectors.history import SHOWN, exported_results
from catalog.quality.states import Dimension, Origin
from core.csv_rows import CsvRenderer, csv_lines
from core.openapi import PAGES, page_of
from core.rest import page_response, page_size

FILTERS = [
    OpenApiParameter("q", str, description="words of the name, key or message"),
    OpenApiParameter("outcome", str, description="`pass`, `warn`, `fail`, `error` or `never`"),
    OpenApiParameter("dimension", str, enum=Dimension.values),
    OpenApiParameter("port", str, description="`<name>@<major>`"),
    OpenApiParameter(
        "origin", str, description="`contract`, `implied`, `sla`, or the tool that sent it"
    ),
]


class ProductChecks(APIView):
    """The checks of a product."""

    @extend_schema(
        operation_id="product_checks",
        parameters=[*FILTERS, *PAGES],
        responses={200: page_of(shapes.CHECK)},
    )
    def get(self, request: Request, fqn: str) -> Response:
        """A page of the active checks, those that fail first."""
        product = product_by_fqn(actor_in(request), fqn)
        asked = require_known(filter_of(request.query_params))
        cursor = request.query_params.get("cursor")
        page = check_page(product, asked, size=page_size(request), cursor=cursor)
        return page_response(request, page, [check_as_json(each) for each in page.rows])


class ProductCheck(APIView):
    """One check."""

    @extend_schema(operation_id="product_check", responses={200: shapes.CHECK_IN_FULL})
    def get(self, request: Request, fqn: str, check_id: int) -> Response:
        """With what it demands and where the contract states it."""
        actor = actor_in(request)
        found = check_by_id(product_by_fqn(actor, fqn), check_id)
        source = source_of(found)
        place = source and {
            "contract": str(source.version.contract_id),
            "version": source.version.version,
            "pointer": found.pointer,
        }
        demand = {} if found.origin == Origin.TOOL else found.definition
        extra = {"active": found.active, "definition": demand, "source": place}
        return Response({**check_as_json(found), **extra})


class CheckResults(APIView):
    """What a check said over time."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="check_results",
        parameters=PAGES,
        responses={
            (200, "application/json"): page_of(shapes.RESULT),
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, fqn: str, check_id: int) -> Response | StreamingHttpResponse:
        """A page of its results, the newest first; as CSV all of them, at most 50,000."""
        found = check_by_id(product_by_fqn(actor_in(request), fqn), check_id)
        if request.accepted_renderer.format == "csv":
            lines = csv_lines(SHOWN, exported_results(found))
            return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        cursor = request.query_params.get("cursor")
        page = result_page(found, size=page_size(request), cursor=cursor)
        return page_response(request, page, [result_as_json(each) for each in page.rows])


def check_as_json(check: QualityCheck) -> dict[str, Any]:
    """A check with its latest result; `score` is a percentage, `weight` that of its severity."""
    return {
        "id": check.pk,
        "key": check.key,
        "port": check.port.fqn,
        "name": check.name,
        "dimension": check.dimension or None,
        "origin": check.told_by,
        "demand": check.demand or None,
        "note": check.note or None,
        "weight": check.weight,
        "outcome": check.outcome or None,
        "score": None if check.score is None else check.score * 100,
        "evaluated": check.evaluated,
        "failed": check.failed,
        "value": check.value,
        "message": check.message,
        "measured_at": check.measured_at,
        "runnable": check.runnable,
    }


def result_as_json(result: CheckResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in SHOWN}
