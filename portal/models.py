"""What the portal tells people."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from core.ids import uuid7
from portal.states import MailGroup, MailState, Pace

ICONS = {
    "announcement": "info",
    "comment": "chat",
    "contract": "file",
    "demand": "market",
    "incident": "bad",
    "port": "warn",
    "product": "market",
    "request": "requests",
    "resource": "clock",
    "token": "key",
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
    mail_at = models.DateTimeField(null=True)  # when a mail takes it up; null: none does, or did
    mail = models.ForeignKey(
        "Mail", on_delete=models.SET_NULL, null=True, related_name="notifications"
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_by_user"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
            models.Index(fields=["created_at"], name="notification_by_age"),
            models.Index(
                fields=["mail_at", "user"],
                condition=Q(mail_at__isnull=False),
                name="notification_to_mail",
            ),
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


class MailChoice(models.Model):
    """How soon a person hears of one group of things by mail; without a row, as usual."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_choices")
    group = models.CharField(max_length=8, choices=MailGroup.choices)
    pace = models.CharField(max_length=8, choices=Pace.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="mail_choice_once"),
            models.CheckConstraint(
                condition=Q(group__in=MailGroup.values), name="mail_choice_group_known"
            ),
            models.CheckConstraint(
                condition=Q(pace__in=Pace.values), name="mail_choice_pace_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.group} {self.pace}"


class MailQuerySet(models.QuerySet["Mail"]):
    def visible_to(self, actor: Actor) -> MailQuerySet:
        """The actor's own."""
        return self.filter(user_id=actor.user_id) if actor.user_id else self.none()


class Mail(models.Model):
    """One mail to one person, about all that was due for it; kept as long as notifications are."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mails")
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, db_default=Now())
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="mail_due"),
            models.Index(fields=["user", "-id"], name="mail_by_user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=MailState.WAITING, next_at__isnull=False)
                | (Q(state__in=[MailState.SENT, MailState.FAILED]) & Q(next_at__isnull=True)),
                name="mail_waits_or_not",
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"
