"""Rows of campaigns and their reviews."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from core.graphql import first_of_each
from provisioning.recertification.models import Review
from provisioning.recertification.selectors import counts_of
from provisioning.recertification.states import ReviewState

CAMPAIGN = (
    *("id", "name", "reason", "silence", "port_id", "domain_id", "classification"),
    *("port__fqn", "domain__path", "created_by_id", "created_at", "due_at", "closed_at"),
)
REVIEW = ("id", "campaign_id", "grant_id", "state", "decided_by_id", "decided_at", "note")
REVIEW_ORDER = ("id",)

Rows = dict[Any, dict[str, Any]]
Lists = dict[Any, list[dict[str, Any]]]


def counts_by_campaign(actor: Actor, ids: Collection[UUID]) -> Rows:
    """How the reviews of campaigns stand, as far as `actor` may see them."""
    return {
        pk: {**vars(counts), "total": counts.total} for pk, counts in counts_of(ids, actor).items()
    }


def reviews_by_campaign(
    actor: Actor,
    ids: Collection[UUID],
    *,
    first: int,
    after: str | None = None,
    state: Any = None,
    to_decide: bool | None = None,
) -> Lists:
    """Reviews of campaigns that `actor` may see."""
    reviews = Review.objects.visible_to(actor).filter(campaign__in=ids)
    if state:
        reviews = reviews.filter(state=ReviewState(state.value))
    if to_decide:
        mine = Review.objects.open_to(actor).order_by()
        reviews = reviews.filter(pk__in=mine.values("pk"))
    return first_of_each(
        reviews,
        by="campaign_id",
        order=REVIEW_ORDER,
        columns=REVIEW,
        first=first,
        after=after,
    )


def open_reviews(actor: Actor, ids: Collection[int]) -> Rows:
    """Those of these reviews that are the actor's to decide now."""
    mine = Review.objects.open_to(actor).filter(pk__in=ids)
    return {pk: {"id": pk} for pk in mine.values_list("pk", flat=True)}
