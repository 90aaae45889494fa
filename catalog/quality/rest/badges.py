"""REST: the address at which everybody who has it sees a product's score."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.selectors import product_by_fqn
from catalog.quality import services
from catalog.quality.models import BadgeLink
from catalog.quality.rest import shapes
from catalog.quality.signing import badge_path
from core.errors import NotFound
from core.idempotency import idempotent
from core.openapi import KEY


class ProductBadge(APIView):
    """The badge of a product, outside."""

    @extend_schema(
        operation_id="product_badge_share",
        parameters=[KEY],
        request=None,
        responses={201: shapes.BADGE},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """Make its address, or answer the one that there is."""
        actor = actor_in(request)
        link = services.share_badge(product=product_by_fqn(actor, fqn), actor=actor)
        return Response(_link(request, link), status=201)

    @extend_schema(
        operation_id="product_badge_revoke", parameters=[KEY], request=None, responses={204: None}
    )
    @idempotent
    def delete(self, request: Request, fqn: str) -> Response:
        """Take it back: from then on it shows nothing, and a further one is another address."""
        actor = actor_in(request)
        if not services.revoke_badge(product=product_by_fqn(actor, fqn), actor=actor):
            raise NotFound("The badge of this product is not shared.")
        return Response(status=204)


def _link(request: Request, link: BadgeLink) -> dict[str, Any]:
    return {
        "url": request.build_absolute_uri(badge_path(link.pk)),
        "created_by": link.created_by,
        "created_at": link.created_at,
    }
