"""Where drivers provision into."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Team
from core.ids import uuid7


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, actor: Actor) -> TargetQuerySet:
        """Targets of the actor's teams; platform and admins see all."""
        if actor.sees_all_metadata:
            return self
        return self.filter(owner__in=actor.team_ids)


class Target(models.Model):
    """A registered place to provision into; its credentials are sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=63, unique=True)
    name = models.CharField(max_length=120)
    driver = models.CharField(max_length=40)
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="targets")
    config = models.JSONField(default=dict)  # no secrets
    secret = models.BinaryField(null=True)  # sealed by core.crypto, bound to the id
    created_at = models.DateTimeField(db_default=Now())

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name="target_slug_valid")
        ]

    def __str__(self) -> str:
        return self.name


class DriverFence(models.Model):
    """The highest fence that wrote a resource of the portal's own database (`catalog` driver)."""

    resource = models.CharField(max_length=700, unique=True)
    fence = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.resource} {self.fence}"
