"""Data that somebody needs and that does not exist yet."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor, in_domain
from accounts.models import Domain, Team, User
from catalog.products.models.product import DataProduct
from catalog.products.states import DemandState
from core.ids import uuid7


class DemandQuerySet(models.QuerySet["Demand"]):
    def visible_to(self, actor: Actor) -> DemandQuerySet:
        """Demands are known to everybody who is logged in."""
        return self.none() if actor.is_visitor else self

    def chosen(self, *, state: str = "", domain: str = "") -> DemandQuerySet:
        """Of one state, and of a domain with everything below it; "" takes all."""
        found = self.filter(state=state) if state else self
        return found.filter(in_domain(domain)) if domain else found

    def for_rows(self) -> DemandQuerySet:
        """With everything a list shows, in one query."""
        return self.select_related("author", "domain", "team", "product")


class Demand(models.Model):
    """A wish for data; others vote for it, a team takes it up, a product answers it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=200)
    need = models.TextField(blank=True)  # Markdown: what for, which facts, how fresh
    domain = models.ForeignKey(  # where the author expects it; null: nobody knows
        Domain, on_delete=models.PROTECT, null=True, blank=True, related_name="demands"
    )
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="demands")
    state = models.CharField(max_length=12, choices=DemandState.choices, default=DemandState.OPEN)
    team = models.ForeignKey(  # who took it up
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="demands"
    )
    product = models.ForeignKey(  # what answers it
        DataProduct, on_delete=models.SET_NULL, null=True, blank=True, related_name="demands"
    )
    answer = models.TextField(blank=True)  # why it was declined, or how it is answered
    votes = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = DemandQuerySet.as_manager()

    class Meta:
        ordering = ["-votes", "-created_at", "id"]
        indexes = [models.Index(fields=["state", "-votes", "id"], name="demand_by_votes")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DemandState.values), name="demand_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", team__isnull=True)
                | Q(state="taken", team__isnull=False)
                | Q(state__in=["answered", "declined"]),
                name="demand_taken_has_team",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("products:demand", kwargs={"demand_id": self.pk})


class DemandVote(models.Model):
    """Somebody else who needs it too."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="voters")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="demand_votes")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["demand", "user"], name="demand_vote_once")]

    def __str__(self) -> str:
        return f"{self.user} for {self.demand}"
