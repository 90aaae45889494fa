"""Campaigns in which owners look again at who may read."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Domain, User
from accounts.states import PortalRole
from catalog.products.models import DataProduct, OutputPort
from core.ids import uuid7
from core.subqueries import one_of
from provisioning.access.models import Grant
from provisioning.recertification.states import ReviewState, Silence


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, actor: Actor) -> CampaignQuerySet:
        """Who started it, whoever decides in it, stewards, platform and admins."""
        if actor.sees_all_metadata:
            return self
        theirs = Review.objects.decidable_by(actor).filter(campaign=OuterRef("pk"))
        return self.filter(Q(created_by_id=actor.user_id) | Exists(theirs.order_by()))


class Campaign(models.Model):
    """Every grant in one part of the company is looked at again, until a day."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    # none of the three: the whole company
    port = models.ForeignKey(
        OutputPort, on_delete=models.CASCADE, null=True, related_name="campaigns"
    )
    domain = models.ForeignKey(
        Domain, on_delete=models.CASCADE, null=True, related_name="campaigns"
    )
    classification = models.CharField(max_length=63, blank=True)
    silence = models.CharField(max_length=6, choices=Silence.choices)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="campaigns")
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)  # those who had not decided yet
    closed_at = models.DateTimeField(null=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(closed_at__isnull=True), name="campaign_running"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(due_at__gt=F("created_at")), name="campaign_lasts"),
            models.CheckConstraint(
                condition=Q(silence__in=Silence.values), name="campaign_silence_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(port__isnull=True, domain__isnull=True)
                    | Q(port__isnull=True, classification="")
                    | Q(domain__isnull=True, classification="")
                ),
                name="campaign_has_one_scope",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("recertification:campaign", kwargs={"pk": self.pk})

    @property
    def is_running(self) -> bool:
        return self.closed_at is None


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, actor: Actor) -> ReviewQuerySet:
        """Those of grants that the actor decides on or started to ask about; stewards see all."""
        if actor.sees_all_metadata:
            return self
        mine = Campaign.objects.filter(created_by_id=actor.user_id or 0)
        return self.filter(_decides(actor) | Q(one_of("campaign", mine.order_by())))

    def decidable_by(self, actor: Actor) -> ReviewQuerySet:
        """Those that are the actor's to decide: never on what they alone read themselves."""
        theirs = self.exclude(grant__consumer_user_id=actor.user_id or 0)
        if actor.role in {PortalRole.STEWARD, PortalRole.ADMIN}:
            return theirs
        return theirs.filter(_decides(actor))

    def open_to(self, actor: Actor) -> ReviewQuerySet:
        """What the actor may decide now."""
        running = self.undecided().filter(campaign__closed_at__isnull=True)
        return running.decidable_by(actor)

    def undecided(self) -> ReviewQuerySet:
        return self.filter(state=ReviewState.OPEN)


def _decides(actor: Actor) -> Q:
    """Owners of the product, and of its domain."""
    offered = DataProduct.objects.filter(
        Q(owner__in=actor.owner_team_ids) | Q(domain__in=actor.owned_domain_ids)
    )
    return Q(grant__port__product__in=offered.order_by().values("pk"))


class Review(models.Model):
    """One grant in one campaign: shall it go on?"""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reviews")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="reviews")
    state = models.CharField(max_length=8, choices=ReviewState.choices, default=ReviewState.OPEN)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="reviews"
    )  # null when silence decided
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["campaign", "state", "id"], name="review_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "grant"], name="review_once"),
            models.CheckConstraint(
                condition=Q(state__in=ReviewState.values), name="review_state_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state=ReviewState.OPEN, decided_at__isnull=True)
                    | (~Q(state=ReviewState.OPEN) & Q(decided_at__isnull=False))
                ),
                name="review_decided_when_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} in {self.campaign_id}: {self.state}"
