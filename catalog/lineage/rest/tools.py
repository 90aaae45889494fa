"""REST: lineage told by a dbt manifest or read from SQL text."""

from dataclasses import asdict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.states import Scope
from catalog.lineage import services
from catalog.lineage.ingestion.dbt import ingest_dbt
from catalog.lineage.ingestion.sql import ingest_sql, sql_text
from catalog.lineage.rest import answers
from catalog.lineage.rest.events import AnyBody
from catalog.lineage.rest.parsers import MAX_MANIFEST, read_json
from core.rest import body_of


class LineageDbt(APIView):
    """POST: a dbt manifest; the project's edges become those that it tells."""

    parser_classes = [AnyBody]
    write_scope = Scope.LINEAGE_WRITE
    max_body = MAX_MANIFEST

    @extend_schema(
        operation_id="lineage_dbt",
        parameters=[
            OpenApiParameter(
                "namespace", str, description="of the tables; left out: as the manifest says"
            )
        ],
        request={"application/json": answers.MANIFEST},
        responses={200: answers.DBT_TAKEN},
    )
    def post(self, request: Request) -> Response:
        actor = actor_in(request)
        services.require_lineage(actor)
        taken = ingest_dbt(
            document=read_json(request, limit=MAX_MANIFEST),
            namespace=request.query_params.get("namespace", ""),
            actor=actor,
        )
        return Response(asdict(taken))


class LineageSql(APIView):
    """POST: SQL text; which tables and columns it makes from which."""

    write_scope = Scope.LINEAGE_WRITE

    @extend_schema(
        operation_id="lineage_sql",
        request={"application/json": answers.SQL},
        responses={200: answers.SQL_READ},
    )
    def post(self, request: Request) -> Response:
        actor = actor_in(request)
        services.require_lineage(actor)
        body = body_of(request)
        read = ingest_sql(text=sql_text(body), actor=actor, dry_run=body.get("dry_run") is True)
        return Response(asdict(read))
