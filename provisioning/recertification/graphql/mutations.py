"""Beginning a campaign, deciding in it, and stopping it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from django.db.models import QuerySet

from accounts.actors import Actor
from core.errors import Invalid
from core.graphql import Row
from core.graphql.mutations import attempt, attempt_on, payload
from core.ids import numbers_in, uuids_in
from core.problems import Problem
from provisioning.recertification import selectors, services
from provisioning.recertification.graphql.types import Recertification, SilenceEnum, campaign_row
from provisioning.recertification.models import Campaign
from provisioning.requests.selectors.rules import find_scope

StartRecertification = payload("StartRecertificationPayload", "recertification", Recertification)
DecideReviews = payload("DecideReviewsPayload", "recertification", Recertification)
StopRecertification = payload("StopRecertificationPayload", "recertification", Recertification)
REVIEWS = graphene.List(graphene.NonNull(graphene.ID))


class Mutation(graphene.ObjectType):
    start_recertification = graphene.Field(
        StartRecertification,
        required=True,
        description="Begin a campaign; every grant that is in force there now is asked about.",
        name=graphene.String(required=True, description="How people will know it."),
        scope=graphene.String(
            required=True, description="company, class:<slug>, domain:<path> or port:<fqn>"
        ),
        until=graphene.Date(required=True, description="The last day to decide, UTC."),
        silence=SilenceEnum(required=True, description="What silence means at its end."),
        reason=graphene.String(description="Why access is looked at."),
    )
    decide_reviews = graphene.Field(
        DecideReviews,
        required=True,
        description="Keep some access, end other: all or none, at most 500.",
        recertification=graphene.ID(required=True, description="Of the campaign."),
        keep=graphene.Argument(REVIEWS, description="Reviews whose access goes on."),
        revoke=graphene.Argument(REVIEWS, description="Reviews whose access ends."),
        note=graphene.String(description="Why; the reader of each grant that ends reads it."),
    )
    stop_recertification = graphene.Field(
        StopRecertification,
        required=True,
        description="Close a campaign before its day; what is not decided goes on as it is.",
        id=graphene.ID(required=True, description="Of the campaign."),
    )

    @staticmethod
    def resolve_start_recertification(
        root: None,
        info: Any,
        name: str,
        scope: str,
        until: dt.date,
        silence: Any,
        reason: str | None = None,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            campaign = services.start_campaign(
                actor=actor,
                name=name,
                reason=reason or "",
                scope=find_scope(scope, actor),
                until=until,
                silence=silence.value,
            )
            return campaign_row(actor, campaign.pk)

        return attempt("recertification", verb)

    @staticmethod
    def resolve_decide_reviews(
        root: None,
        info: Any,
        recertification: str,
        keep: Sequence[str] | None = None,
        revoke: Sequence[str] | None = None,
        note: str | None = None,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(campaign: Campaign) -> Row | None:
            services.decide_reviews(
                campaign=campaign,
                keep=_numbers("keep", keep or ()),
                revoke=_numbers("revoke", revoke or ()),
                note_text=note or "",
                actor=actor,
            )
            return campaign_row(actor, campaign.pk)

        return attempt_on("recertification", _named(actor, recertification), verb)

    @staticmethod
    def resolve_stop_recertification(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(campaign: Campaign) -> Row | None:
            services.stop_campaign(campaign=campaign, actor=actor)
            return campaign_row(actor, campaign.pk)

        return attempt_on("recertification", _named(actor, id), verb)


def _named(actor: Actor, given: str) -> QuerySet[Campaign]:
    return selectors.campaign_for_page(actor).filter(pk__in=uuids_in(given))


def _numbers(name: str, given: Sequence[str]) -> list[int]:
    """The numbers of reviews.

    Raises:
        Invalid: one of them is no id of a review.
    """
    found = [number for each in given for number in numbers_in(each)]
    if len(found) < len(given):
        text = "Send the ids of reviews, as the campaign lists them."
        raise Invalid("Nothing was decided.", [Problem(f"/{name}", "not-a-list", text)])
    return found
