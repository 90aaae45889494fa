"""REST: namespaces that a team answers for."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.lineage import services
from catalog.lineage.models import NamespaceClaim
from catalog.lineage.rest import answers
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, page_of
from core.rest import body_of, list_response, text_in


def as_json(claim: NamespaceClaim) -> dict[str, Any]:
    """A claim as lists show it."""
    return {
        "namespace": claim.namespace,
        "team": claim.team.slug,
        "team_name": claim.team.name,
        "claimed_at": claim.claimed_at,
    }


class Namespaces(APIView):
    """Namespaces of lineage that teams have claimed."""

    @extend_schema(
        operation_id="lineage_namespaces",
        parameters=PAGING,
        responses={200: page_of(answers.NAMESPACE)},
    )
    def get(self, request: Request) -> Response:
        """The claimed namespaces by name."""
        return list_response(
            request,
            NamespaceClaim.objects.visible_to(actor_in(request)).select_related("team"),
            order=("namespace",),
            shown=as_json,
        )

    @extend_schema(
        parameters=[KEY],
        operation_id="lineage_namespace_claim",
        request={"application/json": answers.NEW_NAMESPACE},
        responses={201: answers.NAMESPACE},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Claim one for a team: from then on only its tokens write there."""
        body = body_of(request)
        namespace, team = text_in(body, "namespace"), text_in(body, "team")
        claim = services.claim_namespace(namespace=namespace, team=team, actor=actor_in(request))
        return Response(as_json(claim), status=201)


class NamespaceRelease(APIView):
    """POST `{"namespace"}`: everybody may write there again."""

    @extend_schema(
        parameters=[KEY],
        operation_id="lineage_namespace_release",
        request={"application/json": answers.NAMED_NAMESPACE},
        responses={204: None},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        namespace = text_in(body_of(request), "namespace")
        services.release_namespace(namespace=namespace, actor=actor_in(request))
        return Response(status=204)
