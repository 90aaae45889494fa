"""Verbs on requests and their work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene

from accounts.actors import Actor
from core.errors import Invalid
from core.graphql import Row, enum
from core.graphql.mutations import JSON, attempt, payload
from core.ids import uuids_in
from core.problems import Problem
from provisioning.blueprints.extensions import Submitted
from provisioning.blueprints.models import Blueprint, Resource
from provisioning.blueprints.services import request_action, request_service, resource_of
from provisioning.blueprints.states import Action
from provisioning.jobs.graphql.types import Operation, operation_row
from provisioning.jobs.models import Instance
from provisioning.jobs.models import Operation as OperationModel
from provisioning.jobs.services import retry
from provisioning.requests import services
from provisioning.requests.graphql.types import DecisionKind, Request, on_request, request_row
from provisioning.requests.models import Request as RequestModel

ResourceAction = enum(
    "ResourceAction",
    [(each.name, each.value) for each in Action],
    "What can be asked for something that a blueprint made.",
    {
        Action.UPDATE.value: "Other parameters.",
        Action.UPGRADE.value: "A newer version of the blueprint.",
        Action.RETIRE.value: "All that was made for it is removed.",
    },
)
SubmitRequest = payload("SubmitRequestPayload", "request", Request)
Decide = payload("DecidePayload", "request", Request)
Cancel = payload("CancelPayload", "request", Request)
Retry = payload("RetryPayload", "operation", Operation)


class Mutation(graphene.ObjectType):
    submit_request = graphene.Field(
        SubmitRequest,
        required=True,
        description="Ask for a service of the self-service catalogue, or for a change of what one"
        " made: either `blueprint`, or `resource` and `action`.",
        blueprint=graphene.String(description="Its key; for something new."),
        resource=graphene.ID(description="Of a resource; for a change."),
        action=ResourceAction(description="What is to be done to it."),
        parameters=JSON(
            description="As the blueprint's `schema` says. Of an upgrade those that are left out"
            " stay; without any, all stay."
        ),
        purpose=graphene.String(description="Why."),
    )
    decide = graphene.Field(
        Decide,
        required=True,
        description="Approve or reject a request for the side that is the caller's.",
        id=graphene.ID(required=True, description="Of the request."),
        decision=DecisionKind(required=True, description="What the caller decides."),
        note=graphene.String(description="Why; a rejection needs one."),
    )
    cancel = graphene.Field(
        Cancel,
        required=True,
        description="Withdraw a request, or stop its work and have it undone.",
        id=graphene.ID(required=True, description="Of a request."),
    )
    retry = graphene.Field(
        Retry,
        required=True,
        description="Go on with a failed job at the step where it failed.",
        id=graphene.ID(required=True, description="Of an operation."),
    )

    @staticmethod
    def resolve_submit_request(root: None, info: Any, **asked: Any) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return attempt("request", lambda: _submit(actor, **asked))

    @staticmethod
    def resolve_decide(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        decision: Any,
        note: str = "",
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(request: RequestModel) -> RequestModel:
            return services.decide(
                request=request, actor=actor, approve=decision.value == "approve", note=note or ""
            )

        return attempt("request", lambda: on_request(actor, id, verb))

    @staticmethod
    def resolve_cancel(root: None, info: Any, id: str) -> Mapping[str, Any]:  # noqa: A002
        actor: Actor = info.context.actor

        def verb(request: RequestModel) -> RequestModel:
            return services.cancel(request=request, actor=actor)

        return attempt("request", lambda: on_request(actor, id, verb))

    @staticmethod
    def resolve_retry(root: None, info: Any, id: str) -> Mapping[str, Any]:  # noqa: A002
        return attempt("operation", lambda: _retry(info.context.actor, id))


def _submit(
    actor: Actor,
    *,
    blueprint: str | None = None,
    resource: str | None = None,
    action: Any = None,
    parameters: Any = None,
    purpose: str | None = None,
) -> Row | None:
    problems = []
    if (blueprint is None) == (resource is None):
        message = "Name either a blueprint or a resource."
        problems.append(Problem("", "blueprint-or-resource", message))
    if parameters is not None and not isinstance(parameters, dict):
        problems.append(Problem("/parameters", "not-an-object", "Parameters are an object."))
    if (action is None) != (resource is None):
        message = "Say with a resource, and only with one, what is to be done to it."
        problems.append(Problem("/action", "not-in-list", message))
    if problems:
        raise Invalid("The request cannot be taken.", problems)
    if blueprint is not None:
        filed = _ask(actor, blueprint, parameters or {}, purpose or "")
    else:
        filed = request_action(
            resource=_resource(actor, resource or ""),
            action=Action(action.value),
            parameters=parameters,
            purpose=purpose or "",
            actor=actor,
        )
    return request_row(actor, filed.pk)


def _ask(actor: Actor, slug: str, parameters: dict[str, Any], purpose: str) -> Submitted:
    offered = Blueprint.objects.visible_to(actor).select_related("current")
    blueprint = offered.filter(slug=slug).first()
    if blueprint is None:
        problem = Problem("/blueprint", "unknown-blueprint", "There is no such blueprint.")
        raise Invalid("The request cannot be taken.", [problem])
    return request_service(blueprint=blueprint, parameters=parameters, purpose=purpose, actor=actor)


def _resource(actor: Actor, given: str) -> Resource:
    """The record of the instance, if the actor may see it."""
    visible = Instance.objects.visible_to(actor).filter(pk__in=uuids_in(given))
    found = visible.values_list("pk", flat=True).first()
    record = resource_of(found) if found else None
    if record is None:
        problem = Problem("/resource", "unknown-instance", "There is no such resource.")
        raise Invalid("The request cannot be taken.", [problem])
    return record


def _retry(actor: Actor, given: str) -> Row | None:
    visible = OperationModel.objects.visible_to(actor).select_related("instance")
    found = visible.filter(pk__in=uuids_in(given)).first()
    if found is None:
        return None
    return operation_row(actor, str(retry(operation=found, actor=actor).pk))
