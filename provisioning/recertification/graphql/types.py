"""Campaigns in which owners look again at who may read, and their reviews."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import domains_by_id, people_by_id
from accounts.graphql.types import Domain, Person
from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum_of,
    load,
    one,
    one_row,
    page,
    page_from,
    paged,
)
from core.ids import uuids_in
from core.paging import keyset_page
from provisioning.access.graphql.batches import grants_by_id
from provisioning.access.graphql.types import Grant
from provisioning.recertification.graphql.batches import (
    CAMPAIGN,
    REVIEW_ORDER,
    counts_by_campaign,
    open_reviews,
    reviews_by_campaign,
)
from provisioning.recertification.models import Campaign
from provisioning.recertification.states import ReviewState, Silence
from provisioning.requests.graphql.batches import scope_in

ReviewStateEnum = enum_of("ReviewState", ReviewState, "What was decided on one grant.")
SilenceEnum = enum_of(
    "Silence", Silence, "What becomes of a grant on which nobody has decided by the last day."
)


class RecertificationProgress(RowsType):
    """How the reviews of a campaign stand, as far as the caller may see them."""

    total = graphene.Int(required=True, description="All of them.")
    open = graphene.Int(required=True, description="Nobody has decided yet.")
    kept = graphene.Int(required=True, description="The access goes on.")
    revoked = graphene.Int(required=True, description="The access was ended by the campaign.")
    gone = graphene.Int(required=True, description="It had ended before anybody decided.")
    dropped = graphene.Int(required=True, description="The campaign was stopped before.")


class RecertificationReview(RowsType):
    """One grant in one campaign: shall it go on?"""

    id = graphene.ID(required=True, description="Give it to decideReviews.")
    grant = one(Grant, grants_by_id, key="grant_id", description="The access that is looked at.")
    state = ReviewStateEnum(required=True, description="What was decided.")
    may_decide = graphene.Boolean(
        required=True, description="It is open, and the caller may decide on it."
    )
    decided_by = one(
        Person, people_by_id, key="decided_by_id", description="null: silence, or its own end."
    )
    decided_at = graphene.DateTime(description="When it was decided.")
    note = graphene.String(description="Why.")

    @staticmethod
    def resolve_may_decide(row: Row, info: Any) -> bool:
        return load(row, open_reviews, info) is not None

    @staticmethod
    def resolve_note(row: Row, info: Any) -> str | None:
        return row.values["note"] or None


ReviewConnection = connection(RecertificationReview)


class Recertification(RowsType):
    """A campaign: every grant in one part of the company is looked at again, until a day."""

    id = graphene.ID(required=True, description="As REST has it.")
    name = graphene.String(
        required=True, description="Those who decide and those whose access ends read it."
    )
    scope = graphene.String(
        required=True,
        description="The part: company, class:<slug>, domain:<path> or port:<fqn>.",
    )
    port = one(OutputPort, ports_by_id, key="port_id", description="Of a campaign on one port.")
    domain = one(
        Domain,
        domains_by_id,
        key="domain_id",
        description="Of a campaign on a domain and all below.",
    )
    classification = graphene.String(description="Of a campaign on a class: its slug.")
    reason = graphene.String(description="Why access is looked at.")
    silence = SilenceEnum(required=True, description="What silence means at its end.")
    created_by = one(
        Person, people_by_id, key="created_by_id", required=True, description="Who began it."
    )
    created_at = graphene.DateTime(required=True, description="When it began.")
    due_at = graphene.DateTime(required=True, description="The last moment to decide.")
    closed_at = graphene.DateTime(description="Since when nothing is decided any more.")
    progress = one(
        RecertificationProgress,
        counts_by_campaign,
        key="id",
        required=True,
        description="How many are decided, and how.",
    )
    reviews = page(
        ReviewConnection,
        reviews_by_campaign,
        order=REVIEW_ORDER,
        default=None,
        description="What is looked at, as far as the caller may see it.",
        state=graphene.Argument(ReviewStateEnum, description="Only these."),
        to_decide=graphene.Boolean(description="true: only what the caller may decide now."),
    )
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_scope(row: Row, info: Any) -> str:
        return scope_in(row.values)

    @staticmethod
    def resolve_classification(row: Row, info: Any) -> str | None:
        return row.values["classification"] or None

    @staticmethod
    def resolve_reason(row: Row, info: Any) -> str | None:
        return row.values["reason"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("recertification:campaign", kwargs={"pk": row.values["id"]})


RecertificationConnection = connection(Recertification)


class Query(graphene.ObjectType):
    recertification = graphene.Field(
        Recertification,
        description="One campaign.",
        id=graphene.ID(required=True, description="As REST has it."),
    )
    recertifications = graphene.Field(
        RecertificationConnection,
        required=True,
        description="Campaigns that the caller may know, newest first.",
        **paged(),
    )

    @staticmethod
    def resolve_recertification(root: None, info: Any, id: str) -> Row | None:  # noqa: A002
        return next((campaign_row(info.context.actor, pk) for pk in uuids_in(id)), None)

    @staticmethod
    def resolve_recertifications(
        root: None, info: Any, first: int, after: str | None = None
    ) -> Page:
        rows = Campaign.objects.visible_to(info.context.actor).values(*CAMPAIGN)
        return page_from(keyset_page(rows, order=["-id"], size=first, cursor=after), rows)


def campaign_row(actor: Actor, pk: UUID) -> Row | None:
    """The campaign of this id, if `actor` may know it."""
    return one_row(Campaign.objects.visible_to(actor).filter(pk=pk).values(*CAMPAIGN).first())
