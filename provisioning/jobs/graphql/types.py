"""Operations: what is being done, step by step."""

from __future__ import annotations

from typing import Any

import graphene
from django.urls import reverse

from accounts.graphql.batches import teams_by_id
from accounts.graphql.types import Team
from core.graphql import Row, RowsType, connection, enum_of, many, one, one_row, page
from core.ids import uuids_in
from provisioning.jobs.graphql.batches import (
    LOG_ORDER,
    log_by_operation,
    operations_by_id,
    steps_by_operation,
)
from provisioning.jobs.states import OperationKind, OperationState, StepDirection, StepState

OperationKindEnum = enum_of("OperationKind", OperationKind)
OperationStateEnum = enum_of("OperationState", OperationState)
StepStateEnum = enum_of("StepState", StepState)
StepDirectionEnum = enum_of("StepDirection", StepDirection)


class OperationStep(RowsType):
    n = graphene.Int(required=True)
    name = graphene.String(required=True)
    state = StepStateEnum(required=True)
    direction = StepDirectionEnum(required=True)
    summary = graphene.String()
    started_at = graphene.DateTime()
    finished_at = graphene.DateTime()


class LogLine(RowsType):
    at = graphene.DateTime(required=True)
    level = graphene.String(required=True)
    source = graphene.String(required=True)
    text = graphene.String(required=True)


LogLineConnection = connection(LogLine)


class Operation(RowsType):
    """One job on one instance."""

    id = graphene.ID(required=True)
    kind = OperationKindEnum(required=True)
    title = graphene.String(required=True)
    state = OperationStateEnum(required=True)
    started_by = graphene.String(required=True)
    team = one(Team, teams_by_id, key="team_id")
    error_code = graphene.String()
    error_text = graphene.String()
    created_at = graphene.DateTime(required=True)
    started_at = graphene.DateTime()
    finished_at = graphene.DateTime()
    steps = many(OperationStep, steps_by_operation)
    log = page(LogLineConnection, log_by_operation, order=LOG_ORDER, default=None)
    url = graphene.String(required=True)

    @staticmethod
    def resolve_started_by(row: Row, info: Any) -> str:
        return str(row.values["actor_name"])

    @staticmethod
    def resolve_error_code(row: Row, info: Any) -> str | None:
        return row.values["error_code"] or None

    @staticmethod
    def resolve_error_text(row: Row, info: Any) -> str | None:
        return row.values["error_text"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("jobs:operation", kwargs={"operation_id": row.values["id"]})


class Query(graphene.ObjectType):
    operation = graphene.Field(Operation, id=graphene.ID(required=True))

    @staticmethod
    def resolve_operation(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        return operation_row(info.context.actor, id)


def operation_row(actor: Any, given: str) -> Row | None:
    """The operation of this id, if `actor` may see it."""
    wanted = uuids_in(given)
    return one_row(next(iter(operations_by_id(actor, wanted).values()), None))
