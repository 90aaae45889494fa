"""REST: results of other tools, as they are."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.states import Scope
from catalog.lineage.rest.events import AnyBody
from catalog.lineage.rest.parsers import MAX_MANIFEST, read_json
from catalog.quality import services
from catalog.quality.rest import shapes
from catalog.quality.services import Taken

HEADED = [
    OpenApiParameter("port", str, description="fqn; all results are about this port"),
    OpenApiParameter("namespace", str, description="of the datasets, where the tool names none"),
]


class QualityResults(APIView):
    """POST: results of dbt, Great Expectations, Soda, OpenLineage, or in the portal's own form."""

    parser_classes = [AnyBody]
    write_scope = Scope.QUALITY_WRITE
    max_body = MAX_MANIFEST  # one of dbt comes along

    @extend_schema(
        operation_id="quality_results",
        parameters=HEADED,
        request=OpenApiTypes.OBJECT,
        responses={200: shapes.TAKEN},
    )
    def post(self, request: Request) -> Response:
        taken = services.report_results(
            body=read_json(request, limit=MAX_MANIFEST),
            actor=actor_in(request),
            port=request.query_params.get("port", "").replace("\0", ""),
            namespace=request.query_params.get("namespace", "").replace("\0", ""),
        )
        return Response(_as_json(taken))


def _as_json(taken: Taken) -> dict[str, Any]:
    return {
        "format": taken.format,
        "received": taken.received,
        "stored": taken.stored,
        "unchanged": taken.unchanged,
        "unmatched": taken.unmatched,
        "problems": [each.as_dict() for each in taken.problems],
    }
