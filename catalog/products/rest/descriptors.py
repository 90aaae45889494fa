"""`POST descriptors`: product-as-code."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.descriptors import Report, process
from catalog.products.descriptors.report import REFUSED
from catalog.products.rest.report_schema import REPORT
from core.documents import Limits, Media
from core.idempotency import idempotent
from core.openapi import KEY, TEXT
from core.problems import has_errors
from core.rest import problem

MODES = ("validate", "plan", "apply")
ON_ERROR = ("abort", "skip")
FORBIDDEN = frozenset({"id-owned-elsewhere", "not-allowed"})
OBJECT = {"type": "object"}


class Descriptors(APIView):
    """One YAML or JSON document, a YAML stream or a JSON array."""

    max_body = Limits().stream_bytes

    @extend_schema(
        operation_id="descriptors",
        parameters=[
            OpenApiParameter("mode", str, enum=MODES, required=True),
            OpenApiParameter("on_error", str, enum=ON_ERROR, description="default: abort"),
            OpenApiParameter("domain", str, description="path, for documents that name none"),
            OpenApiParameter("team", str, description="slug, for documents that name none"),
            KEY,
        ],
        request={"application/yaml": TEXT, "application/json": OBJECT},
        responses={200: REPORT},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Validate, plan or apply; an apply with a refused document changes nothing (422)."""
        given = request.query_params
        report = process(
            text=request._request.body,
            mode=_choice(request, "mode", MODES),
            actor=actor_in(request),
            domain=given.get("domain") or None,
            team=given.get("team") or None,
            on_error=_choice(request, "on_error", ON_ERROR, default="abort"),
            media=_media(request),
        )
        if report.mode == "apply" and not report.applied:
            return _refused(report)
        return Response(report.as_dict())


def _choice(
    request: Request, name: str, choices: tuple[str, ...], default: str | None = None
) -> Any:
    value = request.query_params.get(name, default)
    if value not in choices:
        raise ValidationError(f"{name} is one of: {', '.join(choices)}.")
    return value


def _media(request: Request) -> Media | None:
    content_type = request.content_type.partition(";")[0].lower()
    if content_type.endswith("yaml"):
        return "yaml"
    return "json" if content_type.endswith("json") else None


def _refused(report: Report) -> Response:
    """403 where rights alone are missing, else 422; the report stands in the problem document."""
    codes = {
        each.code
        for document in report.documents
        if document.action == REFUSED
        for each in document.problems
        if has_errors([each])
    }
    code, status = "documents-refused", 422
    if codes and codes <= FORBIDDEN:
        code, status = sorted(codes)[0], 403
    body = {
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": f"{report.refused} of {len(report.documents)} documents refused; "
        "nothing was changed.",
        **report.as_dict(),
    }
    return problem(body)
