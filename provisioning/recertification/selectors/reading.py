"""Campaigns with their figures, and reviews with what a decision needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Subquery

from accounts.actors import Actor
from accounts.models import Domain
from accounts.states import PortalRole
from catalog.products.models import OutputPort
from provisioning.access.models import Credential
from provisioning.recertification.models import (
    Campaign,
    CampaignQuerySet,
    Review,
    ReviewQuerySet,
)
from provisioning.recertification.policies import scope_of
from provisioning.recertification.states import ReviewState
from provisioning.requests.selectors.rules import (
    MOST,
    domain_choice,
    scope_choices,
    scope_text,
)


@dataclass(frozen=True)
class Counts:
    """How the reviews of a campaign stand, as far as the reader may see them."""

    open: int = 0
    kept: int = 0
    revoked: int = 0
    gone: int = 0
    dropped: int = 0

    @property
    def total(self) -> int:
        return self.open + self.kept + self.revoked + self.gone + self.dropped

    @property
    def done(self) -> int:
        return self.total - self.open


def campaigns_for_lists(actor: Actor) -> CampaignQuerySet:
    """Campaigns that the actor may know, with what a row names."""
    named = Campaign.objects.visible_to(actor).select_related("port", "domain", "created_by")
    return named.defer("port__location")


def campaign_for_page(actor: Actor) -> CampaignQuerySet:
    """The same, with what says who governs its part of the company."""
    return campaigns_for_lists(actor).select_related(
        "port__product__owner", "port__product__domain"
    )


def counts_of(campaigns: Collection[UUID], actor: Actor) -> dict[UUID, Counts]:
    """`{campaign id: figures}` for these ids; one SQL statement."""
    visible = Review.objects.visible_to(actor).filter(campaign__in=campaigns).order_by()
    found: dict[UUID, dict[str, int]] = {pk: {} for pk in campaigns}
    for campaign, state, count in visible.values_list("campaign_id", "state").annotate(
        count=Count("pk")
    ):
        found[campaign][ReviewState(state)] = count
    return {pk: Counts(**counts) for pk, counts in found.items()}


def reviews_for_lists(campaign: Campaign, actor: Actor) -> ReviewQuerySet:
    """Reviews that the actor may see, open ones first, with reader, port, purpose and last use."""
    seen = Credential.objects.filter(grant=OuterRef("grant")).order_by()
    latest = seen.values("grant").annotate(at=Max("last_seen_at")).values("at")
    product = ("document", "text")
    return (
        Review.objects.visible_to(actor)
        .filter(campaign=campaign)
        .select_related(
            "decided_by",
            "grant__port__product__owner",
            "grant__consumer_team",
            "grant__consumer_user",
            "grant__consumer_product__owner",
        )
        .defer(
            *(f"grant__port__product__{each}" for each in product),
            *(f"grant__consumer_product__{each}" for each in product),
        )
        .annotate(last_seen_at=Subquery(latest))
        .order_by("pk")
    )


def part_choices(actor: Actor, port: OutputPort | None) -> list[dict[str, str]]:
    """The parts of the company about which the actor may begin a campaign."""
    choices = scope_choices(actor, port)
    if actor.role != PortalRole.STEWARD:
        return choices
    domains = [domain_choice(each) for each in Domain.objects.all()[:MOST]]
    return choices + [each for each in domains if each not in choices]


def scope_words(campaign: Campaign) -> str:
    """`company`, `class:<slug>`, `domain:<path>` or `port:<fqn>`."""
    return scope_text(scope_of(campaign))
