"""Webhooks of teams, and what was sent to them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Team
from accounts.states import PortalRole
from core.ids import uuid7
from portal.feed.states import DeliveryState


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def visible_to(self, actor: Actor) -> WebhookQuerySet:
        """Webhooks of the actor's teams; platform engineers and administrators see all."""
        if actor.is_admin or actor.role == PortalRole.PLATFORM:
            return self
        return self.filter(team__in=actor.team_ids)

    def enabled(self) -> WebhookQuerySet:
        return self.filter(disabled_at=None)


class Webhook(models.Model):
    """A place that a team wants to hear of events; never told more than the team may see."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="webhooks")
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=2000)
    types = ArrayField(models.CharField(max_length=60), default=list)  # none: all
    own_only = models.BooleanField(default=True)  # what belongs to the team, or all it may see
    secret = models.BinaryField()  # `whsec_...` sealed by core.crypto, bound to the id
    old_secret = models.BinaryField(null=True)  # signs beside the new one until `old_until`
    old_until = models.DateTimeField(null=True)
    from_position = models.BigIntegerField(default=0)  # of the feed; hears of what comes after it
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)
    rest_until = models.DateTimeField(db_default=Now())  # it is left alone until then
    served_until = models.DateTimeField(db_default=Now())  # a process sends to it until then
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["team", "name"], name="webhook_by_team")]
        constraints = [
            models.CheckConstraint(
                condition=Q(failures=0) | Q(failing_since__isnull=False),
                name="webhook_failing_since",
            ),
            models.CheckConstraint(
                condition=Q(old_secret__isnull=True, old_until__isnull=True)
                | Q(old_secret__isnull=False, old_until__isnull=False),
                name="webhook_old_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("feed:webhook", args=[self.pk])

    @property
    def state(self) -> str:
        """`ok`, `bad` (its last try failed) or `off`, as `core.looks` reads it."""
        if self.disabled_at is not None:
            return "off"
        return "bad" if self.failures else "ok"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: Actor) -> DeliveryQuerySet:
        """Those of the webhooks that the actor may see."""
        return self.filter(webhook__in=Webhook.objects.visible_to(actor).order_by())


class Delivery(models.Model):
    """One event on its way to one webhook; kept for 30 days."""

    id = models.BigAutoField(primary_key=True)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField()  # the same for each try, so that a receiver can tell
    position = models.BigIntegerField(null=True)  # in the feed; null: a try by hand
    type = models.CharField(max_length=60)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField()  # as it is signed and sent
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    tries = models.JSONField(default=list)  # [{at, status or null, ms, error}], the last ones
    attempts = models.PositiveSmallIntegerField(default=0)  # since it was begun, or begun again
    next_at = models.DateTimeField(null=True, db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["webhook", "next_at", "id"],
                condition=Q(next_at__isnull=False),
                name="delivery_due",
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_by_webhook"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="delivery_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.WAITING, next_at__isnull=False)
                | (~Q(state=DeliveryState.WAITING) & Q(next_at__isnull=True)),
                name="delivery_waits_or_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class FeedReader(models.Model):
    """How far a reader inside the portal has come in the feed."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.position}"


class SkippedEventQuerySet(models.QuerySet["SkippedEvent"]):
    def visible_to(self, actor: Actor) -> SkippedEventQuerySet:
        """Platform engineers and administrators."""
        if actor.is_admin or actor.role == PortalRole.PLATFORM:
            return self
        return self.none()


class SkippedEvent(models.Model):
    """An event that could not be described, so that no webhook heard of it; kept for 30 days."""

    position = models.BigIntegerField(primary_key=True)  # in the feed
    event_id = models.UUIDField()
    topic = models.CharField(max_length=100)  # of the outbox
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now())

    objects = SkippedEventQuerySet.as_manager()

    class Meta:
        ordering = ["-position"]

    def __str__(self) -> str:
        return f"{self.topic} at {self.position}"
