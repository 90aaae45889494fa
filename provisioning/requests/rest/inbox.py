"""`approvals`: what waits for the caller's decision; and what a decider should know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request as Call
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_in
from core.errors import DomainError, Invalid, NotFound, problem_document
from core.idempotency import idempotent
from core.ids import uuids_in
from core.openapi import KEY, PAGING, page_of, whole_list_of
from core.problems import Problem
from core.rest import body_of, list_response, text_in
from provisioning.requests import selectors, services
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Approval, Request
from provisioning.requests.rest import shapes
from provisioning.requests.rest.views import approves_in, found_request

MOST = 100  # decisions at once
DECISIONS = {
    "type": "object",
    "required": ["requests", "decision"],
    "properties": {
        "requests": {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "maxItems": MOST,
        },
        "decision": {"enum": ["approve", "reject"]},
        "note": {"type": "string"},
    },
}


class Approvals(APIView):
    """What waits for the caller's decision."""

    @extend_schema(
        operation_id="approvals",
        parameters=[
            *PAGING,
        ],
        responses={200: page_of(shapes.WAITING_SIDE)},
    )
    def get(self, request: Call) -> Response:
        """The most overdue first, with why it is theirs.

        Of a request with two such sides, one decision is the caller's. `request.subject.facts` are
        the facts of a request for access as they were when it was asked.
        """
        actor = actor_in(request)
        sides = Approval.objects.open_to(actor).select_related(
            "team", "request__requester", "request__team"
        )
        return list_response(
            request,
            sides.prefetch_related("request__approvals__team"),
            order=["due_at", "id"],
            shown=lambda each: _side(each, actor),
        )


class ApprovalDecisions(APIView):
    """The same decision on several requests."""

    @extend_schema(
        operation_id="approvals_decide",
        parameters=[KEY],
        request={"application/json": DECISIONS},
        responses={200: shapes.DECIDED},
    )
    @idempotent
    def post(self, request: Call) -> Response:
        """Each stands for itself: `problem` says why one was not decided, else it is null."""
        body = body_of(request)
        given = {"approve": approves_in(body), "note": text_in(body, "note")}
        ids = _ids(body)
        visible = Request.objects.visible_to(actor_in(request)).in_bulk(
            [pk for text in ids for pk in uuids_in(text)]
        )
        results = []
        for text in ids:
            found = next((visible[pk] for pk in uuids_in(text) if pk in visible), None)
            results.append({"request": text, **_decided(found, actor_in(request), given)})
        return Response({"results": results})


class RequestFacts(APIView):
    """What a decider should know about one request."""

    @extend_schema(operation_id="requests_facts", responses={200: shapes.FACTS})
    def get(self, request: Call, pk: UUID) -> Response:
        """As they are now, in people's words."""
        found = found_request(request, pk)
        kind = kind_of(found)
        facts = [
            {"label": each.label, "value": each.value, "url": each.url or None}
            for each in kind.facts(found)
        ]
        return Response({"facts": facts, "approve_label": kind.approve_label(found)})


class RequestHistory(APIView):
    """What happened to one request, and what comes next."""

    @extend_schema(operation_id="requests_history", responses={200: whole_list_of(shapes.EVENT)})
    def get(self, request: Call, pk: UUID) -> Response:
        """In turn; `state` is `done`, `run`, `fail`, or `wait`: not begun."""
        rows = [
            {
                "name": each.name,
                "state": each.state,
                "note": each.note,
                "at": each.at.isoformat() if each.at else None,
            }
            for each in selectors.history(found_request(request, pk))
        ]
        return Response({"results": rows, "next": None})


def _side(side: Approval, actor: Actor) -> dict[str, Any]:
    return {
        "id": side.pk,
        **selectors.side_as_dict(side),
        "opened_at": side.opened_at.isoformat() if side.opened_at else None,
        "why": selectors.why_theirs(side, actor),
        "request": selectors.as_dict(side.request),
    }


def _ids(body: Mapping[str, Any]) -> list[str]:
    given = body.get("requests")
    listed = isinstance(given, list) and all(isinstance(each, str) for each in given)
    if not listed or not given or len(given) > MOST:
        text = f"Send a list of 1 to {MOST} ids of requests."
        raise Invalid("Nothing was decided.", [Problem("/requests", "not-a-list", text)])
    return list(dict.fromkeys(given))


def _decided(found: Request | None, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        if found is None:
            raise NotFound("There is no such request.")
        done = services.decide(request=found, actor=actor, **given)
    except DomainError as error:
        return {"state": found.state if found else None, "problem": problem_document(error)}
    return {"state": done.state, "problem": None}
