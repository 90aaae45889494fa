"""`ports` and `columns`: what can be read, across all products that the caller may see."""

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
from catalog.products.models import OutputPort
from catalog.products.rest import shapes
from catalog.products.selectors.columns import COLUMN_ORDER, columns_where, ports_where
from core.csv_rows import CsvRenderer
from core.openapi import PAGING, page_of
from core.rest import list_or_csv

WHERE = [
    OpenApiParameter("product", str, description="fqn"),
    OpenApiParameter("domain", str, description="path, with everything below it"),
    OpenApiParameter("team", str, description="slug of the owner"),
]
COLUMNS_OF_PORTS = tuple(shapes.PORT["properties"])
COLUMNS_OF_COLUMNS = tuple(shapes.COLUMN["properties"])


class Ports(APIView):
    """Output ports."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="ports_list",
        summary="List output ports",
        tags=["products"],
        parameters=[
            *WHERE,
            OpenApiParameter("technology", str, description="ODCS server type, e.g. postgresql"),
            OpenApiParameter("contract", str, description="the ODCS `id`"),
            *PAGING,
        ],
        responses={
            (200, "application/json"): page_of(shapes.PORT),
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """Ports of the products that you may see, by name.

        As CSV (`Accept: text/csv` or `?format=csv`): the whole list, at most 50,000 rows.
        """
        given = _given(request)
        rows = ports_where(actor_in(request), given)
        if given.get("technology"):
            rows = rows.filter(technology=given["technology"])
        if given.get("contract"):
            rows = rows.filter(contract__document_id=given["contract"])
        rows = rows.select_related("product__owner", "product__domain", "contract_version").defer(
            "product__document", "product__text", "contract_version__text",
            "contract_version__document",
        )  # fmt: skip
        return list_or_csv(
            request,
            rows,
            order=["fqn"],
            shown=port_card,
            name="ports",
            columns=COLUMNS_OF_PORTS,
        )


class Columns(APIView):
    """Columns that ports offer."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="columns_list",
        summary="List columns",
        tags=["products"],
        parameters=[
            *WHERE,
            OpenApiParameter("port", str, description="fqn"),
            OpenApiParameter(
                "classification", str, description="as the contract says, e.g. personal"
            ),
            OpenApiParameter("tag", str, description="one of its tags"),
            OpenApiParameter("search", str, description="part of its path"),
            *PAGING,
        ],
        responses={
            (200, "application/json"): page_of(shapes.COLUMN),
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """Columns of the contracts that ports of products keep which you may see, port by port.

        As CSV (`Accept: text/csv` or `?format=csv`): the whole list, at most 50,000 rows.
        """
        given = _given(request)
        return list_or_csv(
            request,
            columns_where(actor_in(request), given),
            order=COLUMN_ORDER,
            shown=column_card,
            name="columns",
            columns=COLUMNS_OF_COLUMNS,
        )


def port_card(port: OutputPort) -> dict[str, Any]:
    """The short public form of a port; its product, with owner and domain, must be loaded."""
    product, version = port.product, port.contract_version
    return {
        "fqn": port.fqn,
        "product": product.fqn,
        "name": port.name,
        "major": port.major,
        "version": port.version,
        "title": port.title,
        "technology": port.technology,
        "status": product.status,
        "owner": product.owner.slug,
        "domain": product.domain.path,
        "contract": str(port.contract_id) if port.contract_id else None,
        "contract_version": version.version if version else None,
        "requestable": port.requestable,
        "takes_writes": port.takes_writes,
    }


def column_card(row: dict[str, Any]) -> dict[str, Any]:
    """The public form of a row of `columns_where`."""
    shown = {**row, "object": row["object__name"], "contract": str(row["contract"])}
    return {name: shown[name] for name in COLUMNS_OF_COLUMNS}


def _given(request: Request) -> dict[str, str]:
    given = request.query_params
    return {name: given.get(name, "").replace("\0", "") for name in given}
