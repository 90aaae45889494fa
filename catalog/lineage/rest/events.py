"""REST: OpenLineage events, one or many."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.states import Scope
from catalog.lineage import services
from catalog.lineage.rest import answers
from catalog.lineage.rest.parsers import MAX_BATCH, MAX_EVENT, read_json
from catalog.lineage.services import IngestResult
from core.errors import Invalid


class AnyBody(BaseParser):
    """Leaves the body alone: `read_json` checks size and encoding first."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return None


class Posting(APIView):
    """POST: one OpenLineage event; the address also answers the graph (`views.Lineage`)."""

    parser_classes = [AnyBody]
    write_scope = Scope.LINEAGE_WRITE
    max_body = MAX_EVENT

    @extend_schema(
        operation_id="lineage_event",
        request={"application/json": answers.EVENT},
        responses={201: answers.EVENT_TAKEN},
    )
    def post(self, request: Request) -> Response:
        """Take one OpenLineage event; gzip too."""
        event = read_json(request, limit=MAX_EVENT)
        result = services.ingest(event=event, actor=actor_in(request))
        told = {"duplicate": result.duplicate, "warnings": list(result.warnings)}
        return Response(told, status=201)


class LineageBatch(APIView):
    """POST: many events, each on its own (the official answer shape)."""

    parser_classes = [AnyBody]
    write_scope = Scope.LINEAGE_WRITE
    max_body = MAX_BATCH

    @extend_schema(
        operation_id="lineage_batch",
        request={"application/json": answers.EVENTS},
        responses={200: answers.BATCH_TAKEN},
    )
    def post(self, request: Request) -> Response:
        events = read_json(request, limit=MAX_BATCH)
        if not isinstance(events, list):
            raise ParseError("A batch is a JSON array of events.")
        results = services.ingest_many(events=events, actor=actor_in(request))
        return Response(_batch_answer(results))


def _batch_answer(results: Sequence[IngestResult]) -> dict[str, Any]:
    """The official answer, and beside it the warnings of those that were taken."""
    failed = [
        {"index": index, "reason": _reason(result.refusal), "retriable": False}
        for index, result in enumerate(results)
        if result.refusal is not None
    ]
    return {
        "status": "partial_success" if failed else "success",
        "summary": {
            "received": len(results),
            "successful": len(results) - len(failed),
            "failed": len(failed),
            "retriable": 0,
            "non_retriable": len(failed),
        },
        "failed_events": failed,
        "warnings": [
            {"index": index, "warnings": list(result.warnings)}
            for index, result in enumerate(results)
            if result.warnings
        ],
    }


def _reason(refusal: Invalid) -> str:
    return "; ".join(f"{p.pointer}: {p.message}" for p in refusal.problems)
