"""`audit`: what was done, by whom, in the order of the seals; and whether the log is intact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_in
from core.audit_log import AuditQuery, SealedEvent, all_events_after, events_after
from core.csv_rows import EXPORT_CAP, CsvRenderer, cell_at, csv_response, wants_csv
from core.errors import Invalid, NotAllowed
from core.openapi import PAGE_SIZE
from core.problems import Problem
from core.rest import page_size
from core.sealing import anchors
from core.verifying import verify
from portal.rest import shapes

GREATEST = 2**63 - 1
COLUMNS = (
    *("place", "id", "at", "actor", "verb", "object.kind", "object.id", "detail", "request_id"),
    "hash",
)


class Audit(APIView):
    """The audit log."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="audit",
        summary="Read the audit log",
        tags=["audit"],
        parameters=[
            OpenApiParameter("after", int, description="a place; left out: from the first"),
            OpenApiParameter("actor", str, description="who did it; for you: yourself"),
            OpenApiParameter("kind", str, description="kind of the object, e.g. product"),
            OpenApiParameter("object", str, description="its id: fqn, uuid or number"),
            PAGE_SIZE,
        ],
        responses={
            (200, "application/json"): shapes.AUDIT_PAGE,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """Events after a place in the chain of seals, in order and without gaps.

        Stewards, platform engineers and administrators read all; others what they did themselves.
        Keep `position` and ask for what comes after it. As CSV (`Accept: text/csv` or
        `?format=csv`): at most 50,000 events.
        """
        given = request.query_params
        after, query = _place(given.get("after", "")), _query(request)
        if wants_csv(request):
            found = all_events_after(after, query, most=EXPORT_CAP)
            return csv_response("audit", COLUMNS, _cells(found))
        size = page_size(request)
        rows = events_after(after, query, most=size + 1)
        page = rows[:size]
        position = page[-1].place if page else after
        asked = given.copy()
        asked["after"] = str(position)
        following = f"{request.build_absolute_uri(request.path)}?{asked.urlencode()}"
        return Response(
            {
                "results": [each.as_dict() for each in page],
                "position": position,
                "next": following if len(rows) > size else None,
            }
        )


class AuditVerify(APIView):
    """Whether the audit log is intact."""

    @extend_schema(
        operation_id="audit_verify",
        summary="Verify the audit log",
        tags=["audit"],
        responses={200: shapes.VERDICT},
    )
    def get(self, request: Request) -> Response:
        """Goes through the whole chain, about a second for 100,000 events.

        For stewards, platform engineers and administrators; `./run audit-verify` does the same.
        """
        if not _reads_all(actor_in(request)):
            raise NotAllowed("Only stewards, platform engineers and administrators do this.")
        found = verify(anchors())
        return Response(
            {
                "intact": not found.faults,
                "sealed": found.sealed,
                "waiting": found.waiting,
                "anchors": found.anchors,
                "head": found.head.hex(),
                "faults": found.faults,
            }
        )


def _reads_all(actor: Actor) -> bool:
    return actor.sees_all_metadata and not actor.is_service


def _query(request: Request) -> AuditQuery:
    given, actor = request.query_params, actor_in(request)
    texts = {name: given.get(name, "").replace("\0", "") for name in ("actor", "kind", "object")}
    who: str | None = texts["actor"] or None
    if not _reads_all(actor):
        # what others did is as if it had not been done
        who = actor.name if who in {None, actor.name} else ""
    return AuditQuery(who, texts["kind"] or None, texts["object"] or None)


def _place(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdecimal() or int(text) > GREATEST:
        problem = Problem("/after", "bad-position", "Send a place that the log gave.")
        raise Invalid("There is no such place.", [problem])
    return int(text)


def _cells(found: Iterator[SealedEvent]) -> Iterator[list[Any]]:
    for each in found:
        public = each.as_dict()
        yield [cell_at(public, column) for column in COLUMNS]
