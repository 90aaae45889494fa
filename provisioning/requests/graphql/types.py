"""Requests: what somebody asked for, and the verbs on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import people_by_id, teams_by_id
from accounts.graphql.types import Person, Team
from core.graphql import Row, RowsType, enum, enum_of, load, many, one, one_row
from core.graphql.mutations import JSON
from core.ids import uuids_in
from provisioning.jobs.graphql.batches import operations_by_id
from provisioning.jobs.graphql.types import Operation
from provisioning.requests.graphql.batches import (
    approvals_of,
    asked_by_request,
    reasons_by_approval,
    requests_by_id,
)
from provisioning.requests.models import Request as RequestModel
from provisioning.requests.states import ApprovalState, RequestKind, RequestState

RequestKindEnum = enum_of("RequestKind", RequestKind, "What is asked for.")
RequestStateEnum = enum_of("RequestState", RequestState, "How far a request has come.")
ApprovalStateEnum = enum_of("ApprovalState", ApprovalState, "How one side stands to a request.")
DecisionKind = enum(
    "DecisionKind",
    [("APPROVE", "approve"), ("REJECT", "reject")],
    "What somebody decides for their side.",
    {"approve": "The side agrees.", "reject": "It is over; needs a note."},
)


class Approval(RowsType):
    """One side that has to agree. Sides of one stage decide side by side, stages in turn."""

    id = graphene.ID(required=True, description="Of this side alone; decide on its request.")
    request = one(
        lambda: Request, requests_by_id, key="request_id", description="What is decided on."
    )
    stage = graphene.Int(required=True, description="From 1, in turn.")
    round = graphene.Int(required=True, description="Above 1: after the request was amended.")
    team = one(Team, teams_by_id, key="team_id", description="Its owners decide.")
    role = graphene.String(description="Everybody of this role decides, where it is no team.")
    quorum = graphene.Int(required=True, description="People who have to agree.")
    state = ApprovalStateEnum(required=True, description="How it stands to it.")
    opened_at = graphene.DateTime(description="Since when it waits for this side.")
    due_at = graphene.DateTime(description="It has to be decided by then.")
    escalated_at = graphene.DateTime(description="Overdue: others may decide, too.")
    why = graphene.String(
        description="Why the caller may decide for this side now; null: they may not."
    )

    @staticmethod
    def resolve_why(row: Row, info: Any) -> str | None:
        found = load(row, reasons_by_approval, info)
        return found.values["why"] if found else None

    @staticmethod
    def resolve_role(row: Row, info: Any) -> str | None:
        return row.values["role"] or None


class Request(RowsType):
    """Somebody asks for something; an operation exists only once it is decided."""

    id = graphene.ID(required=True, description="As REST has it.")
    number = graphene.Int(required=True, description="Shown as R-<number>.")
    kind = RequestKindEnum(required=True, description="A service, or access.")
    title = graphene.String(required=True, description="What it is, in a few words.")
    state = RequestStateEnum(required=True, description="How far it has come.")
    requester = one(
        Person, people_by_id, key="requester_id", required=True, description="Who asks."
    )
    team = one(Team, teams_by_id, key="team_id", description="For whom it is asked.")
    approvals = many(Approval, approvals_of, description="In turn; none: decided by rule.")
    waiting_for = graphene.Field(Team, description="The first team that has to decide now.")
    purpose = graphene.String(required=True, description="Why, in the requester's words.")
    parameters = graphene.Field(JSON, description="What exactly is asked for, as REST has it.")
    facts_when_asked = graphene.Field(
        JSON, description="Of access: what the rules that say who decides were asked about."
    )
    reason = graphene.String(
        description="Why it needs no decision or these deciders, was rejected, or failed."
    )
    operation = one(
        Operation, operations_by_id, key="operation_id", description="The work, once decided."
    )
    created_at = graphene.DateTime(required=True, description="When it was asked for.")
    decided_at = graphene.DateTime(description="When all had agreed, or one had not.")
    finished_at = graphene.DateTime(description="When nothing more was to be done.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_parameters(row: Row, info: Any) -> Any:
        return load(row, asked_by_request, info).values["parameters"]

    @staticmethod
    def resolve_facts_when_asked(row: Row, info: Any) -> Any:
        return load(row, asked_by_request, info).values["subject__facts"]

    @staticmethod
    def resolve_waiting_for(row: Row, info: Any) -> Row | None:
        sides: list[Row] = load(row, approvals_of, info) or []
        for side in sides:
            if side.values["state"] == ApprovalState.WAITING and side.values["team_id"]:
                found: Row | None = load(side, teams_by_id, info, key="team_id")
                return found
        return None

    @staticmethod
    def resolve_reason(row: Row, info: Any) -> str | None:
        return row.values["reason"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("requests:request", kwargs={"pk": row.values["id"]})


class Query(graphene.ObjectType):
    request = graphene.Field(
        Request,
        description="One request.",
        id=graphene.ID(required=True, description="As REST has it."),
    )

    @staticmethod
    def resolve_request(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        return next((request_row(info.context.actor, pk) for pk in uuids_in(id)), None)


def request_row(actor: Actor, pk: UUID) -> Row | None:
    """The request of this id, if `actor` may see it."""
    return one_row(requests_by_id(actor, [pk]).get(pk))


def on_request(
    actor: Actor, given: str, verb: Callable[[RequestModel], RequestModel]
) -> Row | None:
    """The request after `verb`; None where the actor may not see it."""
    visible = RequestModel.objects.visible_to(actor).select_related("operation", "requester")
    found = visible.filter(pk__in=uuids_in(given)).first()
    return None if found is None else request_row(actor, verb(found).pk)
