"""`GET blueprints`, `GET blueprints/{name}`."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from core.errors import NotFound
from core.paging import keyset_page
from core.rest import page_response, page_size
from provisioning.blueprints.models import Blueprint, BlueprintQuerySet
from provisioning.blueprints.selectors import LeadTime, lead_times

OBJECT = {"type": "object"}


class BlueprintList(APIView):
    """The self-service catalogue."""

    @extend_schema(
        operation_id="blueprints_list",
        parameters=[
            OpenApiParameter("page_size", int, description="1 to 200"),
            OpenApiParameter("cursor", str, description="`next` of the page before"),
        ],
        responses={200: OBJECT},
    )
    def get(self, request: Request) -> Response:
        """All services, by title."""
        page = keyset_page(
            _visible(request),
            order=["title", "id"],
            size=page_size(request),
            cursor=request.query_params.get("cursor"),
        )
        measured = lead_times()
        results = [_summary(each, measured.get(each.slug)) for each in page.rows]
        return page_response(request, page, results)


class BlueprintDetail(APIView):
    """One service: the JSON Schema of its form, and parameters that it accepts."""

    @extend_schema(operation_id="blueprints_retrieve", responses={200: OBJECT})
    def get(self, request: Request, name: str) -> Response:
        """`schema` is JSON Schema 2020-12; `example` keeps it."""
        blueprint = _visible(request).filter(slug=name).first()
        if blueprint is None or blueprint.current is None:
            raise NotFound("There is no such blueprint.")
        document = blueprint.current.content
        body = _summary(blueprint, lead_times().get(name)) | {
            "schema": document.parameters,
            "example": document.example,
            "gets": [each["text"] for each in document.gets],
            "steps": [each.name for each in document.steps],
        }
        return Response(body)


def _visible(request: Request) -> BlueprintQuerySet:
    return Blueprint.objects.visible_to(cast(Actor, request.auth)).select_related(
        "owner", "current"
    )


def _summary(blueprint: Blueprint, lead: LeadTime | None) -> dict[str, Any]:
    return {
        "name": blueprint.slug,
        "title": blueprint.title,
        "summary": blueprint.summary,
        "version": blueprint.current.number if blueprint.current else None,
        "owner": blueprint.owner.slug,
        "lead_time_s": lead.median_s if lead else None,
        "url": blueprint.get_absolute_url(),
    }
