"""`contracts`: documents as they were given."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.contracts.extensions import affected_parties
from catalog.contracts.models import ContractVersion, DataContract
from catalog.contracts.rest import shapes
from catalog.contracts.rest.renderers import YAML_RENDERERS
from catalog.contracts.selectors import comparison, versions
from core.errors import NotFound
from core.openapi import PAGING, page_of, whole_list_of
from core.rest import list_response


class ContractList(APIView):
    """Data contracts."""

    @extend_schema(
        operation_id="contracts_list",
        parameters=[
            OpenApiParameter("document_id", str, description="the ODCS `id`"),
            *PAGING,
        ],
        responses={200: page_of(shapes.CONTRACT)},
    )
    def get(self, request: Request) -> Response:
        """Contracts that the caller may see."""
        rows = DataContract.objects.visible_to(actor_in(request)).select_related("owner", "domain")
        if "document_id" in request.query_params:
            rows = rows.filter(document_id=request.query_params["document_id"])
        return list_response(request, rows, order=["id"], shown=partial(_as_dict, request))


class Contract(APIView):
    """One contract."""

    renderer_classes = (JSONRenderer, *YAML_RENDERERS)

    @extend_schema(
        operation_id="contract",
        parameters=[OpenApiParameter("version", str, description="default: the newest")],
        responses={
            (200, "application/json"): shapes.CONTRACT_IN_FULL,
            (200, "application/yaml"): OpenApiTypes.STR,
            (200, "text/yaml"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, contract_id: UUID) -> Response:
        """The contract with its document, nothing dropped; as YAML the text as given."""
        contract = _visible(request, contract_id)
        version = _version(contract, request.query_params.get("version"))
        if request.accepted_renderer.format != "json":
            return Response(version.text)
        return Response(
            {
                **_as_dict(request, contract),
                **_version_as_dict(version),
                "text": version.text,
                "document": version.document,
            }
        )


class ContractVersions(APIView):
    """The versions of one contract."""

    @extend_schema(operation_id="contract_versions", responses={200: whole_list_of(shapes.VERSION)})
    def get(self, request: Request, contract_id: UUID) -> Response:
        """All versions, the newest first."""
        contract = _visible(request, contract_id)
        found = [_version_as_dict(each) for each in versions(contract)]
        return Response({"results": found, "next": None})


class ContractDiff(APIView):
    """What changed between two versions."""

    @extend_schema(
        operation_id="contract_diff",
        parameters=[
            OpenApiParameter("from", str, description="default: the version before `to`"),
            OpenApiParameter("to", str, description="default: the newest"),
        ],
        responses={200: shapes.DIFF},
    )
    def get(self, request: Request, contract_id: UUID) -> Response:
        """Changes by level and by who is hit, and those who read data under the contract."""
        contract = _visible(request, contract_id)
        asked = request.query_params
        found = comparison(contract, older=asked.get("from"), newer=asked.get("to"))
        affected = affected_parties(actor_in(request), contract)
        return Response(
            {
                "from": found.older.version,
                "to": found.newer.version,
                **found.summary.as_dict(),
                "changes": [change.as_dict() for change in found.changes],
                "affected": [party.as_dict() for party in affected.parties],
                "affected_hidden": affected.hidden,
            }
        )


def _visible(request: Request, contract_id: UUID) -> DataContract:
    rows = DataContract.objects.visible_to(actor_in(request)).select_related("owner", "domain")
    contract = rows.filter(pk=contract_id).first()
    if contract is None:
        raise NotFound()
    return contract


def _version(contract: DataContract, name: str | None) -> ContractVersion:
    rows = contract.versions.order_by("-id")
    version = (rows if name is None else rows.filter(version=name)).first()
    if version is None:
        raise NotFound("The contract has no such version.")
    return version


def _as_dict(request: Request, contract: DataContract) -> dict[str, Any]:
    return {
        "id": str(contract.pk),
        "document_id": contract.document_id,
        "name": contract.name,
        "owner": {"slug": contract.owner.slug, "name": contract.owner.name},
        "domain": {"path": contract.domain.path, "name": contract.domain.name},
        "offered": contract.offered,
        "url": contract.get_absolute_url(),
        "self": reverse("rest:contract", kwargs={"contract_id": contract.pk}, request=request),
    }


def _version_as_dict(version: ContractVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "status": version.status,
        "api_version": version.api_version,
        "sha256": version.sha256,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }
