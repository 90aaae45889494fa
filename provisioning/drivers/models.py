"""Where drivers provision into."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Team
from accounts.states import PortalRole
from core.ids import uuid7


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, actor: Actor) -> TargetQuerySet:
        """Targets of the actor's teams; platform engineers and administrators see all."""
        if actor.is_admin or actor.role == PortalRole.PLATFORM:
            return self
        return self.filter(owner__in=actor.team_ids)

    def called(self, slug: str) -> TargetQuerySet:
        """The one of this name; what no database can hold is no name."""
        return self.none() if "\0" in slug else self.filter(slug=slug)

    def matching(self, text: str) -> TargetQuerySet:
        """Those whose name, slug or team holds the text."""
        if not text:
            return self
        parts = Q(name__icontains=text) | Q(slug__icontains=text) | Q(owner__name__icontains=text)
        return self.filter(parts)


_Targets = models.Manager.from_queryset(TargetQuerySet)


class TargetManager(_Targets["Target"]):
    """Those in force: a retired one is a reserved name and nothing else."""

    def get_queryset(self) -> TargetQuerySet:
        return TargetQuerySet(self.model, using=self._db).filter(retired_at=None)


class Target(models.Model):
    """A registered place to provision into; its credentials are sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=63, unique=True)
    name = models.CharField(max_length=120)
    driver = models.CharField(max_length=40)
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="targets")
    config = models.JSONField(default=dict)  # no secrets
    secret = models.BinaryField(null=True)  # a JSON object sealed by core.crypto, bound to the id
    healthy = models.BooleanField(null=True)  # null: never checked
    health = models.CharField(max_length=500, blank=True)  # what the last check found
    checked_at = models.DateTimeField(null=True)
    checked_by = models.CharField(max_length=150, blank=True)
    check_after = models.DateTimeField(db_default=Now())  # the schedule's next look
    retired_at = models.DateTimeField(null=True)  # then the name stays its team's
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = TargetManager()
    everything = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        indexes = [models.Index(fields=["check_after"], name="target_by_check")]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name="target_slug_valid")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("drivers:target", args=[self.slug])

    @property
    def health_state(self) -> str:
        """`ok`, `bad` or `unknown`, as `core.looks` reads it."""
        return {True: "ok", False: "bad", None: "unknown"}[self.healthy]


class DriverFence(models.Model):
    """The highest fence that wrote a resource, where the target itself cannot compare it, and what
    is known of the resource where the target cannot be asked.
    """

    resource = models.CharField(max_length=700, unique=True)
    fence = models.BigIntegerField()
    known = models.JSONField(default=dict)  # no secrets

    def __str__(self) -> str:
        return f"{self.resource} {self.fence}"
