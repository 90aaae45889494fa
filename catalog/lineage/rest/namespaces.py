"""REST: namespaces that a team answers for."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.lineage import services
from catalog.lineage.models import NamespaceClaim
from core.idempotency import idempotent
from core.paging import keyset_page
from core.rest import body_of, page_response, page_size, text_in

PAGED = [
    OpenApiParameter("page_size", int, description="1 to 200; 50 where it is left out."),
    OpenApiParameter("cursor", str, description="Of the page before."),
]


def as_json(claim: NamespaceClaim) -> dict[str, Any]:
    """A claim as lists show it."""
    return {
        "namespace": claim.namespace,
        "team": claim.team.slug,
        "team_name": claim.team.name,
        "claimed_at": claim.claimed_at,
    }


class Namespaces(APIView):
    """GET: the claimed namespaces by name. POST `{"namespace", "team"}`: claim one."""

    @extend_schema(
        operation_id="lineage_namespaces", parameters=PAGED, responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        page = keyset_page(
            NamespaceClaim.objects.visible_to(actor_in(request)).select_related("team"),
            order=("namespace",),
            size=page_size(request),
            cursor=request.query_params.get("cursor"),
        )
        return page_response(request, page, list(map(as_json, page.rows)))

    @extend_schema(
        operation_id="lineage_namespace_claim",
        request=OpenApiTypes.OBJECT,
        responses={201: OpenApiTypes.OBJECT},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = body_of(request)
        namespace, team = text_in(body, "namespace"), text_in(body, "team")
        claim = services.claim_namespace(namespace=namespace, team=team, actor=actor_in(request))
        return Response(as_json(claim), status=201)


class NamespaceRelease(APIView):
    """POST `{"namespace"}`: everybody may write there again."""

    @extend_schema(
        operation_id="lineage_namespace_release",
        request=OpenApiTypes.OBJECT,
        responses={204: None},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        namespace = text_in(body_of(request), "namespace")
        services.release_namespace(namespace=namespace, actor=actor_in(request))
        return Response(status=204)
