"""Who decides while somebody is away, and the verbs on that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import graphene
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.graphql.batches import people_by_id
from accounts.graphql.types import Person
from core.graphql import Page, Row, RowsType, connection, enum, one, one_row, page_from, paged
from core.graphql.mutations import attempt, attempt_on, payload
from core.ids import numbers_in
from core.paging import keyset_page
from provisioning.requests import services
from provisioning.requests.graphql.batches import DELEGATION, DELEGATION_ORDER
from provisioning.requests.models import Delegation as DelegationModel

DelegationSide = enum(
    "DelegationSide",
    [("GIVEN", "from_user_id"), ("TAKEN", "to_user_id")],
    "Which end of a delegation the caller is.",
    {"from_user_id": "Somebody decides for the caller.", "to_user_id": "The caller decides."},
)


class Delegation(RowsType):
    """While somebody is away, another decides in their place."""

    id = graphene.ID(required=True, description="As REST has it.")
    from_user = one(
        Person, people_by_id, key="from_user_id", required=True, description="Who is away."
    )
    to_user = one(
        Person, people_by_id, key="to_user_id", required=True, description="Who decides instead."
    )
    starts_at = graphene.DateTime(required=True, description="From this moment on.")
    ends_at = graphene.DateTime(required=True, description="Until this moment.")
    note = graphene.String(description="What the two of them should know.")

    @staticmethod
    def resolve_note(row: Row, info: Any) -> str | None:
        return row.values["note"] or None


DelegationConnection = connection(Delegation)


class Query(graphene.ObjectType):
    delegations = graphene.Field(
        DelegationConnection,
        required=True,
        description="Who decides in the caller's place and for whom the caller does, now and"
        " later; by the first moment.",
        **paged(),
        side=graphene.Argument(DelegationSide, description="Only these; else both."),
    )

    @staticmethod
    def resolve_delegations(
        root: None, info: Any, first: int, after: str | None = None, side: Any = None
    ) -> Page:
        found = DelegationModel.objects.of(info.context.actor).filter(ends_at__gt=Now())
        if side:
            found = found.filter(**{side.value: info.context.actor.user_id})
        rows = found.values(*DELEGATION)
        return page_from(keyset_page(rows, order=DELEGATION_ORDER, size=first, cursor=after), rows)


Delegate = payload("DelegatePayload", "delegation", Delegation)
EndDelegation = payload("EndDelegationPayload", "delegation", Delegation)


class Mutation(graphene.ObjectType):
    delegate = graphene.Field(
        Delegate,
        required=True,
        description="Have somebody else decide in the caller's place for a while.",
        to=graphene.String(required=True, description="A user name."),
        since=graphene.Date(description="The first day, UTC; from now, if nothing is said."),
        until=graphene.Date(required=True, description="The last day, UTC; within 92 days."),
        note=graphene.String(description="Why, for those who see it."),
    )
    end_delegation = graphene.Field(
        EndDelegation,
        required=True,
        description="Decide oneself again, or give it back. The answer is the delegation as it"
        " was left; one that had not begun is gone.",
        id=graphene.ID(required=True, description="Of the delegation."),
    )

    @staticmethod
    def resolve_delegate(
        root: None,
        info: Any,
        to: str,
        until: dt.date,
        since: dt.date | None = None,
        note: str | None = None,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            made = services.delegate(actor=actor, to=to, since=since, until=until, note=note or "")
            return _row(actor, made.pk)

        return attempt("delegation", verb)

    @staticmethod
    def resolve_end_delegation(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(found: DelegationModel) -> Row | None:
            before = _row(actor, found.pk)
            services.end_delegation(delegation=found, actor=actor)
            return _row(actor, found.pk) or before

        visible = DelegationModel.objects.visible_to(actor).select_related("from_user", "to_user")
        return attempt_on("delegation", visible.filter(pk__in=numbers_in(id)), verb)


def _row(actor: Actor, pk: int) -> Row | None:
    visible = DelegationModel.objects.visible_to(actor)
    return one_row(visible.filter(pk=pk).values(*DELEGATION).first())
