"""Operations: what is being done, step by step; and resources: what exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import domains_by_id, teams_by_id
from accounts.graphql.types import Domain, Team
from catalog.quality.models import QualityCheck
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum,
    enum_of,
    listed,
    many,
    one,
    one_row,
    page,
    page_from,
)
from core.graphql.mutations import JSON, attempt_on, payload
from core.ids import numbers_in, uuids_in
from core.paging import keyset_page
from provisioning.jobs import services
from provisioning.jobs.graphql.batches import (
    EFFECT_ORDER,
    LOG_ORDER,
    NEWEST,
    OPERATION,
    RESOURCE,
    effects_by_resource,
    log_by_operation,
    operations_by_id,
    operations_by_resource,
    resources_by_id,
    steps_by_operation,
)
from provisioning.jobs.models import Instance as InstanceModel
from provisioning.jobs.models import Operation as OperationModel
from provisioning.jobs.states import OperationKind, OperationState, StepDirection, StepState

OperationKindEnum = enum_of("OperationKind", OperationKind, "What a job does.")
OperationStateEnum = enum_of("OperationState", OperationState, "How far a job has come.")
StepStateEnum = enum_of("StepState", StepState, "How far a step has come.")
StepDirectionEnum = enum_of("StepDirection", StepDirection, "Whether a step makes or undoes.")
ResourceState = enum(
    "ResourceState",
    [("ABSENT", "absent"), ("PRESENT", "present"), ("UNKNOWN", "unknown")],
    "What the last look at the target found.",
    {
        "absent": "It is not there.",
        "present": "It is there.",
        "unknown": "The target did not answer, or nobody has looked.",
    },
)


class OperationStep(RowsType):
    """One thing that a job does."""

    n = graphene.Int(required=True, description="Its place, from 1.")
    name = graphene.String(required=True, description="What it does, in words.")
    state = StepStateEnum(required=True, description="How far it has come.")
    direction = StepDirectionEnum(required=True, description="Whether it makes or undoes.")
    summary = graphene.String(description="What came of it.")
    started_at = graphene.DateTime(description="When it began.")
    finished_at = graphene.DateTime(description="When it was done and seen to be there.")


class LogLine(RowsType):
    """One line that a job wrote."""

    at = graphene.DateTime(required=True, description="When.")
    level = graphene.String(required=True, description="info, warning or error.")
    source = graphene.String(required=True, description="What wrote it: a driver, or the job.")
    text = graphene.String(required=True, description="What it says; secrets are taken out.")


LogLineConnection = connection(LogLine)


class Operation(RowsType):
    """One job on one resource, done step by step and undone when it cannot be done."""

    id = graphene.ID(required=True, description="As REST has it.")
    kind = OperationKindEnum(required=True, description="What it does.")
    title = graphene.String(required=True, description="What it is for, in a few words.")
    state = OperationStateEnum(required=True, description="How far it has come.")
    started_by = graphene.String(required=True, description="User name of who began it.")
    team = one(Team, teams_by_id, key="team_id", description="For whom it is done.")
    resource = one(
        lambda: Resource,
        resources_by_id,
        key="instance_id",
        description="What it is done to; null: to nothing that is kept.",
    )
    attempt = graphene.Int(required=True, description="Which try this is, from 1.")
    cancel_requested_at = graphene.DateTime(description="Since when it is to stop and be undone.")
    error_code = graphene.String(description="Why it failed or waits, as a slug.")
    error_text = graphene.String(description="The same in words.")
    result = graphene.Field(JSON, description="What it made, by name; never a secret.")
    created_at = graphene.DateTime(required=True, description="When it was asked for.")
    started_at = graphene.DateTime(description="When a worker took it up.")
    finished_at = graphene.DateTime(description="When nothing more was to be done.")
    steps = many(OperationStep, steps_by_operation, description="All of them, in their order.")
    log = page(
        LogLineConnection,
        log_by_operation,
        order=LOG_ORDER,
        default=None,
        description="What it wrote, the oldest first; `after` the last cursor gives what is new.",
    )
    url = graphene.String(required=True, description="Its page, below the portal's address.")

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
    def resolve_result(row: Row, info: Any) -> Any:
        return row.values["result"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("jobs:operation", kwargs={"operation_id": row.values["id"]})


OperationConnection = connection(Operation)


class Effect(RowsType):
    """Something that a job made in a target."""

    driver = graphene.String(required=True, description="What made it: postgres, git, ...")
    kind = graphene.String(required=True, description="schema, table, role, grant, ...")
    name = graphene.String(required=True, description="Its name in the target.")
    made_at = graphene.DateTime(required=True, description="When it was made.")


class Drift(graphene.ObjectType):
    """One thing that is not as the portal left it."""

    what = graphene.String(required=True, description="missing, changed, extra or unknown.")
    kind = graphene.String(required=True, description="schema, table, role, grant, ...")
    name = graphene.String(required=True, description="Its name in the target.")


class Resource(RowsType):
    """Something that exists, or shall exist, in a target."""

    id = graphene.ID(required=True, description="REST's `instance`.")
    kind = graphene.String(required=True, description="data-product, sandbox, grant, ...")
    name = graphene.String(required=True, description="What it is, by name.")
    plan = graphene.String(description="The blueprint that made it, <name>@<version>.")
    owner = one(Team, teams_by_id, key="owner_id", required=True, description="Whose it is.")
    domain = one(
        Domain, domains_by_id, key="domain_id", required=True, description="Where it belongs."
    )
    state = ResourceState(required=True, description="What the last look found.")
    drift = graphene.List(
        graphene.NonNull(Drift),
        required=True,
        description="What the last look found to differ; `repairResource` mends it.",
    )
    effects = page(
        connection(Effect),
        effects_by_resource,
        order=EFFECT_ORDER,
        description="What is there of it, the oldest first.",
    )
    operations = page(
        OperationConnection,
        operations_by_resource,
        order=NEWEST,
        description="Jobs on it, the newest first.",
    )
    created_at = graphene.DateTime(required=True, description="When it was asked for.")
    looked_at = graphene.DateTime(description="When its target was last looked at.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_plan(row: Row, info: Any) -> str | None:
        return row.values["plan"] or None

    @staticmethod
    def resolve_state(row: Row, info: Any) -> str:
        return str(row.values["observed_state"])

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("jobs:resource", kwargs={"instance_id": row.values["id"]})


ResourceConnection = connection(Resource)
Repair = payload("RepairResourcePayload", "operation", Operation)
CancelOperation = payload("CancelOperationPayload", "operation", Operation)
AbandonOperation = payload("AbandonOperationPayload", "operation", Operation)
RunCheck = payload("RunCheckPayload", "operation", Operation)


class Query(graphene.ObjectType):
    operation = graphene.Field(
        Operation,
        description="One job.",
        id=graphene.ID(required=True, description="As REST has it."),
    )
    operations = listed(
        OperationConnection,
        "Jobs that the caller began, and those on what is their teams', the newest first.",
        state=graphene.List(
            graphene.NonNull(OperationStateEnum), description="How far it has come; none: all."
        ),
    )
    resource = graphene.Field(
        Resource,
        description="One resource.",
        id=graphene.ID(required=True, description="As REST has it."),
    )
    resources = listed(
        ResourceConnection, "What exists in targets and the caller may see, the newest first."
    )

    @staticmethod
    def resolve_operation(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        return operation_row(info.context.actor, id)

    @staticmethod
    def resolve_operations(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        state: Sequence[Any] | None = None,
    ) -> Page:
        rows = OperationModel.objects.visible_to(info.context.actor).values(*OPERATION)
        if state:
            rows = rows.filter(state__in=[each.value for each in state])
        return page_from(keyset_page(rows, order=NEWEST, size=first, cursor=after))

    @staticmethod
    def resolve_resource(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        found = resources_by_id(info.context.actor, uuids_in(id))
        return one_row(next(iter(found.values()), None))

    @staticmethod
    def resolve_resources(root: None, info: Any, first: int, after: str | None = None) -> Page:
        rows = InstanceModel.objects.visible_to(info.context.actor).values(*RESOURCE)
        return page_from(keyset_page(rows, order=NEWEST, size=first, cursor=after))


class Mutation(graphene.ObjectType):
    repair_resource = graphene.Field(
        Repair,
        required=True,
        description="Make the target as the portal left it, where a look found that it differs.",
        id=graphene.ID(required=True, description="Of the resource."),
    )
    cancel_operation = graphene.Field(
        CancelOperation,
        required=True,
        description="Stop a job at the next border of a step, and undo what it did.",
        id=graphene.ID(required=True, description="Of the operation."),
    )
    abandon_operation = graphene.Field(
        AbandonOperation,
        required=True,
        description="Give up undoing a job that needs an operator; `result` says what stays.",
        id=graphene.ID(required=True, description="Of the operation."),
        reason=graphene.String(required=True, description="Why, in a sentence; it is kept."),
    )
    run_check = graphene.Field(
        RunCheck,
        required=True,
        description="Have one quality check run now; a run of it that is at work is given instead.",
        id=graphene.ID(required=True, description="Of the check."),
    )

    @staticmethod
    def resolve_repair_resource(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        named = InstanceModel.objects.visible_to(actor).filter(pk__in=uuids_in(id))

        def verb(found: InstanceModel) -> Row | None:
            return operation_row(actor, str(services.repair(instance=found, actor=actor).pk))

        return attempt_on("operation", named, verb)

    @staticmethod
    def resolve_cancel_operation(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        visible = OperationModel.objects.visible_to(actor).select_related("instance")

        def verb(found: OperationModel) -> Row | None:
            stopped = services.request_cancel(operation=found, actor=actor)
            return operation_row(actor, str(stopped.pk))

        return attempt_on("operation", visible.filter(pk__in=uuids_in(id)), verb)

    @staticmethod
    def resolve_abandon_operation(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        reason: str,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        visible = OperationModel.objects.visible_to(actor).select_related("instance")

        def verb(found: OperationModel) -> Row | None:
            ended = services.abandon(operation=found, actor=actor, reason=reason)
            return operation_row(actor, str(ended.pk))

        return attempt_on("operation", visible.filter(pk__in=uuids_in(id)), verb)

    @staticmethod
    def resolve_run_check(root: None, info: Any, id: str) -> Mapping[str, Any]:  # noqa: A002 - its name
        actor: Actor = info.context.actor
        visible = QualityCheck.objects.visible_to(actor).select_related("port__product__owner")

        def verb(found: QualityCheck) -> Row | None:
            return operation_row(actor, str(services.run_check(check=found, actor=actor).pk))

        return attempt_on("operation", visible.filter(pk__in=numbers_in(id)), verb)


def operation_row(actor: Any, given: str) -> Row | None:
    """The operation of this id, if `actor` may see it."""
    wanted = uuids_in(given)
    return one_row(next(iter(operations_by_id(actor, wanted).values()), None))
