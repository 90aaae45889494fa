"""What the portal tells people."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User

ICONS = {
    "announcement": "info",
    "comment": "chat",
    "contract": "file",
    "demand": "market",
    "port": "warn",
    "product": "market",
    "request": "requests",
    "resource": "clock",
    "webhook": "warn",
}


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, actor: Actor) -> NotificationQuerySet:
        """The actor's own; nobody reads those of others."""
        return self.filter(user_id=actor.user_id) if actor.user_id else self.none()

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """One thing that somebody is told, in words that they were allowed to read then."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    event_id = models.UUIDField()  # of the outbox: delivered again, it is told once
    kind = models.CharField(max_length=40)  # announcement, request.submitted, ...
    title = models.CharField(max_length=300)
    reason = models.CharField(max_length=200)  # why this person hears of it
    url = models.CharField(max_length=800)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_by_user"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
            models.Index(fields=["created_at"], name="notification_by_age"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "event_id"], name="notification_once")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def icon(self) -> str:
        """Of `static/icons.svg`."""
        return ICONS.get(self.kind.partition(".")[0], "bell")
