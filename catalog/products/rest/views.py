"""`products`: lists, one product, its descriptor and its life."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor, AsksAlong
from accounts.authentication import actor_in
from catalog.contracts.rest.renderers import YAML_RENDERERS
from catalog.products import services
from catalog.products.descriptors.export import descriptor_of
from catalog.products.models import DataProduct
from catalog.products.rest import shapes
from catalog.products.rest.editing import Editing, product_response, written
from catalog.products.rest.linked_data import FORMAT, LinkedDataRenderer, linked_document
from catalog.products.selectors import product_by_fqn
from catalog.products.selectors.full import product_by_name, statement_by_name
from catalog.products.states import Archetype, ProductStatus
from catalog.search.rest.parameters import FILTERS, query_of, values_in
from catalog.search.rest.shapes import HIT
from catalog.search.rest.views import csv_answer, hit_as_dict
from catalog.search.selectors import hit_count, hits
from core.csv_rows import CsvRenderer, wants_csv
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import COUNTED, KEY, page_of
from core.prepared import Statement
from core.problems import Problem
from core.rest import COUNT_CAP, body_of, counted, page_response, require_choices, wants_count

PRODUCT = {
    "type": "object",
    "properties": {
        "written_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "When a run last wrote data into one of its ports, by lineage; "
            "null: none was seen.",
        }
    },
}
DEPRECATION = {
    "type": "object",
    "properties": {
        "successor": {"type": "string", "description": "fqn of the product that follows"},
        "sunset_on": {"type": "string", "format": "date"},
    },
}


class ProductList(APIView):
    """Data products."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="products_list",
        parameters=[*FILTERS, COUNTED],
        responses={(200, "application/json"): page_of(HIT), (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """Products that the caller may see, as the marketplace lists them; also as CSV."""
        query = query_of(request, kinds=("product",))
        statuses = [each.lower() for each in values_in(request, "status")]
        require_choices("status", statuses, ProductStatus.values)
        require_choices("archetype", values_in(request, "archetype"), Archetype.values)
        if wants_csv(request):
            return csv_answer(request, query)
        page = hits(actor_in(request), query)
        answer = page_response(request, page, [hit_as_dict(each) for each in page.rows])
        if wants_count(request):
            answer.data |= counted(hit_count(actor_in(request), query, cap=COUNT_CAP))
        return answer


class Product(AsksAlong, Editing, APIView):
    """One data product."""

    def statement(self, actor: Actor) -> Statement:
        """What scripts ask most needs no round trip of its own."""
        return statement_by_name(self.kwargs["fqn"], actor)

    @extend_schema(operation_id="product", responses={200: shapes.PRODUCT})
    def get(self, request: Request, fqn: str) -> HttpResponse:
        """Everything the catalogue knows of it. A former name finds it too."""
        return written(product_by_name(fqn, actor_in(request), self.answer))


class Descriptor(APIView):
    """The product as an ODPS document."""

    renderer_classes = (*YAML_RENDERERS, JSONRenderer, LinkedDataRenderer)

    @extend_schema(
        operation_id="product_descriptor",
        responses={
            (200, "application/yaml"): OpenApiTypes.STR,
            (200, "text/yaml"): OpenApiTypes.STR,
            (200, "application/json"): shapes.DESCRIPTOR,
            (200, "application/ld+json"): shapes.LINKED_DATA,
        },
    )
    def get(self, request: Request, fqn: str) -> Response:
        """YAML by default, JSON by `Accept`; `application/ld+json` is DCAT 3 with DPROD."""
        product = product_by_fqn(actor_in(request), fqn)
        if request.accepted_renderer.format == FORMAT:
            return Response(linked_document(product, request))
        data, text = descriptor_of(product)
        return Response(data if request.accepted_renderer.format == "json" else text)


class Accept(APIView):
    """Make a draft of a proposal."""

    @extend_schema(
        operation_id="product_accept",
        parameters=[KEY],
        request=None,
        responses={200: shapes.PRODUCT},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """By its team or an owner of its domain; 409 when it is no proposal."""
        product = product_by_fqn(actor_in(request), fqn)
        services.accept_product(product=product, actor=actor_in(request))
        return product_response(product, request)


class Publish(APIView):
    """Make a draft visible to its readers."""

    @extend_schema(
        operation_id="product_publish",
        parameters=[KEY],
        request=None,
        responses={200: shapes.PRODUCT},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """422 with problems that say what is missing; 409 when it is published already."""
        product = product_by_fqn(actor_in(request), fqn)
        services.publish_product(product=product, actor=actor_in(request))
        return product_response(product, request)


class Deprecate(APIView):
    """Announce the end of a product."""

    @extend_schema(
        operation_id="product_deprecate",
        parameters=[KEY],
        request={"application/json": DEPRECATION},
        responses={200: shapes.PRODUCT},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """It stays readable; `successor` and `sunset_on` tell consumers what to do."""
        product = product_by_fqn(actor_in(request), fqn)
        body = body_of(request)
        services.deprecate_product(
            product=product,
            actor=actor_in(request),
            successor=_successor(request, body.get("successor")),
            sunset_on=_date(body.get("sunset_on")),
        )
        return product_response(product, request)


class Retire(APIView):
    """End a product."""

    @extend_schema(
        operation_id="product_retire",
        parameters=[KEY],
        request=None,
        responses={200: shapes.PRODUCT},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """A published product is deprecated first."""
        product = product_by_fqn(actor_in(request), fqn)
        services.retire_product(product=product, actor=actor_in(request))
        return product_response(product, request)


def _successor(request: Request, fqn: Any) -> DataProduct | None:
    if not fqn:
        return None
    try:
        return product_by_fqn(actor_in(request), str(fqn))
    except NotFound:
        message = "There is no product of this name that you may see."
        raise Invalid(message, [Problem("/successor", "unknown-product", message)]) from None


def _date(value: Any) -> dt.date | None:
    if not value:
        return None
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        message = "Write the date as 2027-01-31."
        raise Invalid(message, [Problem("/sunset_on", "bad-date", message)]) from None
