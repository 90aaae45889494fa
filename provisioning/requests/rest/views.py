"""`requests`: ask for a service, look, decide, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request as Call
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_in
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, page_of
from core.paging import keyset_page
from core.problems import Problem
from core.rest import body_of, choice_in, page_response, page_size, text_in
from provisioning.blueprints.extensions import Submitted
from provisioning.blueprints.models import Blueprint, Resource
from provisioning.blueprints.services import (
    request_action,
    request_service,
    resource_of,
)
from provisioning.blueprints.states import Action
from provisioning.jobs.models import Instance
from provisioning.requests import selectors, services
from provisioning.requests.models import Request, RequestQuerySet
from provisioning.requests.rest import shapes
from provisioning.requests.states import RequestKind, RequestState

RETRY_AFTER_S = "2"
WHOSE = ("mine", "team", "decided")
STRING = {"type": "string"}
NEW = {
    "type": "object",
    "properties": {
        "blueprint": {"type": "string", "description": "for something new"},
        "instance": {"type": "string", "format": "uuid", "description": "for a change"},
        "action": {"enum": Action.values, "description": "with `instance`"},
        "parameters": {
            "type": "object",
            "description": "all of them; those of an upgrade that are left out stay",
        },
        "purpose": STRING,
    },
}
DECISION = {
    "type": "object",
    "required": ["decision"],
    "properties": {"decision": {"enum": ["approve", "reject"]}, "note": STRING},
}


class RequestList(APIView):
    """Requests of both kinds; new ones for services."""

    @extend_schema(
        operation_id="requests_list",
        parameters=[
            OpenApiParameter("state", str, enum=RequestState.values),
            OpenApiParameter("kind", str, enum=RequestKind.values),
            OpenApiParameter("whose", str, enum=WHOSE, description="asked for, or decided on"),
            *PAGING,
        ],
        responses={200: page_of(shapes.REQUEST)},
    )
    def get(self, request: Call) -> Response:
        """What the caller may see, newest first."""
        rows, query = _visible(request), request.query_params
        for name, choices in (("state", RequestState.values), ("kind", RequestKind.values)):
            chosen = choice_in(query, name, choices)
            if chosen:
                rows = rows.filter(**{name: chosen})
        rows = rows.whose(choice_in(query, "whose", WHOSE), actor_in(request))
        cursor = query.get("cursor")
        page = keyset_page(rows, order=["-number"], size=page_size(request), cursor=cursor)
        return page_response(request, page, selectors.as_dicts(page.rows), rows)

    @extend_schema(
        operation_id="requests_create",
        parameters=[KEY],
        request={"application/json": NEW},
        responses={202: shapes.REQUEST},
    )
    @idempotent
    def post(self, request: Call) -> Response:
        """Ask for a service, or with `instance` and `action` for a change of what one made.

        202 with its place, 422 with pointers into the body.
        """
        body = body_of(request)
        if "instance" in body:
            return accepted(request, _change(body, actor_in(request)))
        blueprint = Blueprint.objects.visible_to(actor_in(request)).filter(
            slug=str(body.get("blueprint", ""))
        )
        found = blueprint.select_related("current").first()
        if found is None:
            problem = Problem("/blueprint", "unknown-blueprint", "There is no such blueprint.")
            raise Invalid("The request cannot be taken.", [problem])
        parameters, purpose = _parameters(body), text_in(body, "purpose", required=False)
        try:
            filed = request_service(
                blueprint=found,
                parameters=parameters,
                purpose=purpose,
                actor=actor_in(request),
            )
        except Invalid as error:
            raise _below_parameters(error) from error
        return accepted(request, filed)


def _change(body: Mapping[str, Any], actor: Actor) -> Submitted:
    """A change of what is there already."""
    resource = _resource(body.get("instance"), actor)
    if body.get("action") not in Action.values:
        listed = ", ".join(Action.values)
        problem = Problem("/action", "not-in-list", f"Send one of: {listed}.")
        raise Invalid("The request cannot be taken.", [problem])
    action = Action(body["action"])
    purpose = text_in(body, "purpose", required=False)
    given = _parameters(body) if "parameters" in body or action == Action.UPDATE else None
    try:
        return request_action(
            resource=resource, action=action, parameters=given, purpose=purpose, actor=actor
        )
    except Invalid as error:
        raise _below_parameters(error) from error


def _resource(given: Any, actor: Actor) -> Resource:
    """The record of the named instance, if the actor may see it."""
    resource = None
    with suppress(ValueError):
        instance_id = UUID(str(given))
        if Instance.objects.visible_to(actor).filter(pk=instance_id).exists():
            resource = resource_of(instance_id)
    if resource is None:
        problem = Problem("/instance", "unknown-instance", "There is no such resource.")
        raise Invalid("The request cannot be taken.", [problem])
    return resource


class RequestDetail(APIView):
    """One request."""

    @extend_schema(operation_id="requests_retrieve", responses={200: shapes.REQUEST})
    def get(self, request: Call, pk: UUID) -> Response:
        """Its state, who has to decide, and what came of it."""
        return Response(selectors.as_dict(found_request(request, pk)))


class RequestDecision(APIView):
    """The decision on a waiting request."""

    @extend_schema(
        parameters=[KEY],
        operation_id="requests_decide",
        request={"application/json": DECISION},
        responses={200: shapes.REQUEST},
    )
    @idempotent
    def post(self, request: Call, pk: UUID) -> Response:
        """Approve or reject; a rejection needs a note."""
        body = body_of(request)
        decided = services.decide(
            request=found_request(request, pk),
            actor=actor_in(request),
            approve=approves_in(body),
            note=text_in(body, "note", required=False),
        )
        return Response(selectors.as_dict(decided))


class RequestCancel(APIView):
    """Withdrawing a request."""

    @extend_schema(
        parameters=[KEY],
        operation_id="requests_cancel",
        request=None,
        responses={200: shapes.REQUEST},
    )
    @idempotent
    def post(self, request: Call, pk: UUID) -> Response:
        """Withdraw it, or stop its work and have it undone."""
        found = services.cancel(request=found_request(request, pk), actor=actor_in(request))
        return Response(selectors.as_dict(found))


class RequestReminder(APIView):
    """Telling those who have to decide once more."""

    @extend_schema(
        parameters=[KEY],
        operation_id="requests_remind",
        request=None,
        responses={200: shapes.REQUEST},
    )
    @idempotent
    def post(self, request: Call, pk: UUID) -> Response:
        """At most once a day."""
        services.remind(request=found_request(request, pk), actor=actor_in(request))
        return Response(selectors.as_dict(found_request(request, pk)))


def accepted(call: Call, request: Submitted) -> Response:
    """202: where the request is to be seen, and when to look again."""
    assert isinstance(request, Request)  # this room is the desk
    prefetch_related_objects([request], "approvals__team")
    place = reverse("rest:rest-request", kwargs={"pk": request.pk}, request=call)
    headers = {"Location": place, "Retry-After": RETRY_AFTER_S}
    return Response(selectors.as_dict(request), status=202, headers=headers)


def _visible(request: Call) -> RequestQuerySet:
    """With what an answer says."""
    rows = Request.objects.with_sides().select_related("operation").visible_to(actor_in(request))
    return rows.defer("operation__spec", "operation__result")


def approves_in(body: Mapping[str, Any]) -> bool:
    """Whether the `decision` of a body approves.

    Raises:
        Invalid: it neither approves nor rejects.
    """
    decision = body.get("decision")
    if decision not in ("approve", "reject"):
        problem = Problem("/decision", "not-in-list", "Send approve or reject.")
        raise Invalid("The decision cannot be read.", [problem])
    return bool(decision == "approve")


def found_request(request: Call, pk: UUID) -> Request:
    """The request of this id.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    found = _visible(request).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such request.")
    return found


def _parameters(body: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = body.get("parameters")
    if not isinstance(parameters, Mapping):
        problem = Problem("/parameters", "wrong-type", "Send an object with the parameters.")
        raise Invalid("The request cannot be taken.", [problem])
    return parameters


def _below_parameters(error: Invalid) -> Invalid:
    """The same findings, pointing into the body of the call."""
    problems = [
        Problem(f"/parameters{each.pointer}", each.code, each.message, each.severity, each.line)
        for each in error.problems
    ]
    return Invalid(str(error), problems)
