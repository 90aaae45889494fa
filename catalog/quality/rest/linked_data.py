"""The quality of a product as linked data."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.models import DataProduct
from catalog.products.rest.linked_data import base_of
from catalog.products.selectors import product_by_fqn
from catalog.quality.formats.dqv import JSON_LD, TURTLE, Measured, as_json_ld, as_turtle, triples
from catalog.quality.selectors import CheckFilter, check_page, dimensions_of
from catalog.quality.selectors.checks import MAX_IN_A_DOCUMENT


class JsonLdRenderer(JSONRenderer):
    media_type = JSON_LD
    format = "jsonld"


class TurtleRenderer(BaseRenderer):
    """What `as_turtle` has made."""

    media_type = TURTLE
    format = "ttl"
    charset = "utf-8"

    def render(self, data: object, *_: object, **__: object) -> bytes:
        text = data if isinstance(data, str) else JSONRenderer().render(data).decode()
        return text.encode()


class ProductQualityLinked(APIView):
    """The score, its dimensions and the checks in the W3C's Data Quality Vocabulary."""

    renderer_classes = (JsonLdRenderer, TurtleRenderer)

    @extend_schema(
        operation_id="product_quality_dqv",
        responses={(200, JSON_LD): {"type": "object"}, (200, TURTLE): {"type": "string"}},
    )
    def get(self, request: Request, fqn: str) -> Response:
        """JSON-LD, or Turtle by `Accept` or `?format=ttl`; only what is measured, the 200 checks
        that fail most urgently.
        """
        product = product_by_fqn(actor_in(request), fqn)
        said = triples(product.get_absolute_url(), base_of(request), _measured(product))
        is_turtle = request.accepted_renderer.format == TurtleRenderer.format
        return Response(as_turtle(said) if is_turtle else as_json_ld(said))


def _measured(product: DataProduct) -> Iterator[Measured]:
    at = product.quality_measured_at
    if product.quality_score is not None:
        yield Measured("score", "", product.quality_score, at)
    for part in dimensions_of(product):
        if part.dimension:
            yield Measured(part.dimension, part.dimension, part.score, at)
    page = check_page(product, CheckFilter(), size=MAX_IN_A_DOCUMENT)
    for each in page.rows:
        if each.score is not None:
            path = reverse("quality:check", args=[product.fqn, each.pk])
            value = each.score * 100
            yield Measured(each.name, each.dimension, value, each.measured_at, path)
