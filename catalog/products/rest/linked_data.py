"""Linked data: products as DCAT 3 / DPROD, one by one and as a catalogue in pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.formats.dprod import (
    MEDIA_TYPE,
    LinkedPort,
    LinkedProduct,
    catalog_document,
    product_document,
)
from catalog.products.models import DataProduct, OutputPort
from catalog.products.names import slug_for
from core.openapi import PAGES
from core.paging import keyset_page
from core.rest import page_size

FORMAT = "dprod"
ORDER = ("fqn",)


class LinkedDataRenderer(JSONRenderer):
    media_type = MEDIA_TYPE
    format = FORMAT


class CatalogExport(APIView):
    """Every product that the caller may see."""

    renderer_classes = (LinkedDataRenderer, JSONRenderer)

    @extend_schema(
        operation_id="catalog_linked_data",
        parameters=[
            *PAGES,
        ],
        responses={
            (200, MEDIA_TYPE): {"type": "object"},
            (200, "application/json"): {"type": "object"},
        },
    )
    def get(self, request: Request) -> Response:
        """A page of a `dcat:Catalog` in JSON-LD; `Link: rel="next"` leads to the next one."""
        products = DataProduct.objects.visible_to(actor_in(request)).defer("document", "text")
        page = keyset_page(
            products.select_related("domain", "owner").prefetch_related(
                "output_ports__contract", "input_ports"
            ),
            order=ORDER,
            size=page_size(request),
            cursor=request.query_params.get("cursor"),
        )
        following = None
        if page.next_cursor is not None:
            query = request.query_params.copy()
            query["cursor"] = page.next_cursor
            following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        data = catalog_document(
            (linked(each) for each in page.rows),
            base_of(request),
            page=request.get_full_path(),
            next_page=following,
        )
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        return Response(data, headers=headers)


def linked_document(product: DataProduct, request: Request) -> dict[str, Any]:
    """One product as linked data; `domain` and `owner` are loaded."""
    return product_document(linked(product), base_of(request))


def base_of(request: Request) -> str:
    """Address of the portal, without the last slash."""
    return str(request.build_absolute_uri("/")).rstrip("/")


def linked(product: DataProduct) -> LinkedProduct:
    """What linked data says of a product."""
    page = product.get_absolute_url()
    return LinkedProduct(
        path=page,
        document_id=product.document_id,
        name=product.name,
        purpose=product.purpose,
        description=product.description,
        status=product.status,
        version=product.version,
        classification=product.classification,
        domain_path=product.domain.get_absolute_url(),
        domain_name=product.domain.name,
        owner_path=product.owner.get_absolute_url(),
        owner_name=product.owner.name,
        tags=product.tags,
        links=[str(each.get("url") or "") for each in product.links],
        issued=product.published_at.isoformat() if product.published_at else None,
        modified=product.updated_at.isoformat(),
        inputs=[
            LinkedPort(f"{page}#input-{at}-{slug_for(each.name)}", each.name)
            for at, each in enumerate(product.input_ports.all(), 1)
        ],
        outputs=list(_outputs(product, product.output_ports.all())),
    )


def _outputs(product: DataProduct, ports: Iterable[OutputPort]) -> Iterable[LinkedPort]:
    for port in ports:
        contract = port.contract
        where = {"fqn": product.fqn, "port": port.name, "major": port.major}
        yield LinkedPort(
            path=reverse("products:port", kwargs=where),
            name=port.title or port.name,
            description=port.description,
            technology=port.technology,
            contract_path=reverse("rest:contract", args=[contract.pk]) if contract else "",
            contract_id=contract.document_id if contract else "",
        )
