"""Lists of requests, and what waits for the caller's decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from accounts.actors import Actor
from core.graphql import Page, connection, enum, page_from, paged
from core.graphql.mutations import attempt, payload
from core.paging import keyset_page
from provisioning.requests import services
from provisioning.requests.graphql.batches import (
    APPROVAL,
    INBOX_ORDER,
    REQUEST,
    REQUEST_ORDER,
)
from provisioning.requests.graphql.types import (
    Approval,
    Request,
    RequestKindEnum,
    RequestStateEnum,
    on_request,
)
from provisioning.requests.models import Approval as ApprovalModel
from provisioning.requests.models import Request as RequestModel

RequestWhose = enum(
    "RequestWhose",
    [("MINE", "mine"), ("TEAM", "team"), ("DECIDED", "decided")],
    "Whose requests.",
    {
        "mine": "What the caller asked for.",
        "team": "What is asked for the caller's teams.",
        "decided": "What the caller decided on.",
    },
)
ApprovalConnection = connection(Approval)
RequestConnection = connection(Request)


class Query(graphene.ObjectType):
    approvals = graphene.Field(
        ApprovalConnection,
        required=True,
        description="Sides that wait for the caller's decision, the most overdue first. Of a"
        " request with two such sides, one decision is the caller's.",
        **paged(),
    )
    requests = graphene.Field(
        RequestConnection,
        required=True,
        description="Requests that the caller may see, newest first.",
        **paged(),
        whose=graphene.Argument(RequestWhose, description="Only these; else all of them."),
        kind=graphene.Argument(RequestKindEnum, description="Only of this kind."),
        state=graphene.List(
            graphene.NonNull(RequestStateEnum), description="How far it has come; none: all."
        ),
    )

    @staticmethod
    def resolve_approvals(root: None, info: Any, first: int, after: str | None = None) -> Page:
        rows = ApprovalModel.objects.open_to(info.context.actor).values(*APPROVAL)
        return page_from(keyset_page(rows, order=INBOX_ORDER, size=first, cursor=after), rows)

    @staticmethod
    def resolve_requests(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        whose: Any = None,
        kind: Any = None,
        state: Sequence[Any] | None = None,
    ) -> Page:
        actor: Actor = info.context.actor
        found = RequestModel.objects.visible_to(actor)
        if whose:
            found = found.whose(whose.value, actor)
        if kind:
            found = found.filter(kind=kind.value)
        if state:
            found = found.filter(state__in=[each.value for each in state])
        rows = found.values(*REQUEST)
        return page_from(keyset_page(rows, order=REQUEST_ORDER, size=first, cursor=after), rows)


Remind = payload("RemindPayload", "request", Request)


class Mutation(graphene.ObjectType):
    remind = graphene.Field(
        Remind,
        required=True,
        description="Tell those who have to decide on a request once more, at most once a day.",
        id=graphene.ID(required=True, description="Of a request."),
    )

    @staticmethod
    def resolve_remind(root: None, info: Any, id: str) -> Mapping[str, Any]:  # noqa: A002
        actor: Actor = info.context.actor

        def verb(request: RequestModel) -> RequestModel:
            services.remind(request=request, actor=actor)
            return request

        return attempt("request", lambda: on_request(actor, id, verb))
