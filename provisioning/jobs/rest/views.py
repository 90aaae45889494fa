"""REST: an operation with its log, what may be done to it, and what exists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.csv_rows import CsvRenderer
from core.idempotency import idempotent
from core.openapi import KEY, PAGING
from core.rest import body_of, list_or_csv, list_response
from provisioning.jobs import services
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.rest.answers import accepted
from provisioning.jobs.rest.serializers import (
    AbandonSerializer,
    OperationPageSerializer,
    OperationRowSerializer,
    OperationSerializer,
    ResourcePageSerializer,
    ResourceSerializer,
)
from provisioning.jobs.selectors import operations_for, resources_for, view_of
from provisioning.jobs.states import OperationState

RESOURCE_COLUMNS = (
    *("id", "kind", "name", "plan", "owner", "domain", "observed_state", "generation"),
    *("observed_generation", "created_at", "looked_at", "drift", "effects"),
)
AFTER = OpenApiParameter("after", int, description="id of the last log line already read")
STATES = [
    OpenApiParameter("state", str, description=f"one of: {', '.join(OperationState.values)}"),
    OpenApiParameter("needs_operator", bool, description="only those that cannot be undone"),
]


class OperationList(APIView):
    @extend_schema(
        operation_id="operations_list",
        parameters=[*STATES, *PAGING],
        responses=OperationPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Jobs that the caller started, and those on what is their teams'; the newest first."""
        rows = Operation.objects.visible_to(actor_in(request))
        state = request.query_params.get("state")
        if state and state not in OperationState.values:
            raise ParseError(f"`state` is one of: {', '.join(OperationState.values)}.")
        if state:
            rows = rows.filter(state=state)
        if request.query_params.get("needs_operator") == "true":
            rows = rows.stuck()
        return list_response(request, rows, order=["-created_at", "id"], shown=_row)


class OperationDetail(APIView):
    @extend_schema(parameters=[AFTER], responses=OperationSerializer)
    def get(self, request: Request, operation_id: UUID) -> Response:
        """State, steps, and log lines after the cursor."""
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            raise ParseError("`after` is the id of a log line.")
        view = view_of(_visible(request, operation_id), after=min(int(after), 2**63 - 1))
        return Response(OperationSerializer(view).data)


class OperationCancel(APIView):
    @extend_schema(parameters=[KEY], request=None, responses={202: OperationSerializer})
    @idempotent
    def post(self, request: Request, operation_id: UUID) -> Response:
        """Stop at the next border of a step, and undo."""
        operation = _visible(request, operation_id)
        return accepted(services.request_cancel(operation=operation, actor=actor_in(request)))


class OperationRetry(APIView):
    @extend_schema(parameters=[KEY], request=None, responses={202: OperationSerializer})
    @idempotent
    def post(self, request: Request, operation_id: UUID) -> Response:
        """Try again: now when it waits, as a new operation when it failed or was cancelled."""
        operation = _visible(request, operation_id)
        return accepted(services.retry(operation=operation, actor=actor_in(request)))


class OperationAbandon(APIView):
    @extend_schema(parameters=[KEY], request=AbandonSerializer, responses=OperationSerializer)
    @idempotent
    def post(self, request: Request, operation_id: UUID) -> Response:
        """Give up undoing a job that needs an operator; `result.left_over` says what stays."""
        operation = _visible(request, operation_id)
        reason = body_of(request).get("reason")
        ended = services.abandon(
            operation=operation,
            actor=actor_in(request),
            reason=reason if isinstance(reason, str) else "",
        )
        return Response(OperationSerializer(view_of(ended)).data)


class ResourceList(APIView):
    """What exists."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        parameters=PAGING,
        responses={
            (200, "application/json"): ResourcePageSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """What exists, who owns it, and its effects."""
        return list_or_csv(
            request,
            resources_for(actor_in(request)),
            order=["-created_at", "id"],
            shown=_resource,
            name="resources",
            columns=RESOURCE_COLUMNS,
        )


class Repair(APIView):
    @extend_schema(parameters=[KEY], request=None, responses={202: OperationSerializer})
    @idempotent
    def post(self, request: Request, instance_id: UUID) -> Response:
        """Make the target as the ledger says, where a look has found that it differs."""
        actor = actor_in(request)
        found = get_object_or_404(Instance.objects.visible_to(actor), pk=instance_id)
        return accepted(services.repair(instance=found, actor=actor))


def _row(operation: Operation) -> dict[str, Any]:
    return dict(OperationRowSerializer(operation).data)


def _resource(instance: Instance) -> dict[str, Any]:
    return dict(ResourceSerializer(instance).data)


def _visible(request: Request, operation_id: UUID) -> Operation:
    found: Operation = get_object_or_404(operations_for(actor_in(request)), pk=operation_id)
    return found
