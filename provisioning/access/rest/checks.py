"""REST: what breaks a quality check, and the query that answers it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_in
from catalog.quality.models import QualityCheck
from provisioning.access import services

NO_STORE = {"Cache-Control": "no-store"}


class ExamplesAnswer(serializers.Serializer[Any]):
    """Answer of POST products/{fqn}/quality/checks/{id}/examples; a masked value is null."""

    columns = serializers.ListField(child=serializers.CharField())
    masked = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True))
    )


class QueryAnswer(serializers.Serializer[Any]):
    """Answer of GET products/{fqn}/quality/checks/{id}/query."""

    sql = serializers.CharField()


class CheckExamples(APIView):
    """POST /products/{fqn}/quality/checks/{id}/examples: keys of rows that break the check."""

    @extend_schema(operation_id="check_examples", request=None, responses=ExamplesAnswer)
    def post(self, request: Request, fqn: str, pk: int) -> Response:
        """Read now with the caller's own grant; it goes into the audit log."""
        actor = actor_in(request)
        found = services.failing_rows(check=find_check(actor, pk, fqn=fqn), actor=actor)
        answer = {"columns": found.columns, "masked": sorted(found.masked), "rows": found.rows}
        return Response(answer, headers=NO_STORE)


class CheckQuery(APIView):
    """GET /products/{fqn}/quality/checks/{id}/query: the SQL of a check the portal runs."""

    @extend_schema(operation_id="check_query", responses=QueryAnswer)
    def get(self, request: Request, fqn: str, pk: int) -> Response:
        """For the owners, and for those who may read the port."""
        actor = actor_in(request)
        check = find_check(actor, pk, fqn=fqn)
        return Response({"sql": services.query_of(check=check, actor=actor)}, headers=NO_STORE)


def find_check(actor: Actor, pk: int, *, fqn: str) -> QualityCheck:
    """An active check of a port that the actor may see."""
    checks = QualityCheck.objects.visible_to(actor).filter(active=True, port__product__fqn=fqn)
    found = checks.select_related("port__product").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
