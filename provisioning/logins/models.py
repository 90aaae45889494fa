"""Who has a login of their own to something that a blueprint made."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from core.ids import uuid7
from provisioning.jobs.models import Instance
from provisioning.logins.states import LoginState, state_of


class LoginQuerySet(models.QuerySet["Login"]):
    def visible_to(self, actor: Actor) -> LoginQuerySet:
        """Those of resources that the actor may see."""
        if actor.sees_all_metadata:
            return self
        return self.filter(instance__in=Instance.objects.visible_to(actor))

    def live(self) -> LoginQuerySet:
        """Those that are there, or that a job makes."""
        return self.filter(ended_at__isnull=True)

    def for_lists(self) -> LoginQuerySet:
        """With whose they are, and without what is sealed."""
        return self.select_related("holder").defer("ciphertext")


class Login(models.Model):
    """One person's login to one resource; what was sealed is given once and then gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="logins")
    holder = models.ForeignKey(User, on_delete=models.CASCADE, related_name="logins")
    username = models.CharField(max_length=63, blank=True)  # empty: it has not been made yet
    ciphertext = models.BinaryField(null=True)
    asked_at = models.DateTimeField(db_default=Now())
    made_at = models.DateTimeField(null=True)  # the present password
    reveal_until = models.DateTimeField(null=True)  # 24 h, then it is destroyed; null: it is gone
    revealed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = LoginQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["reveal_until"],
                condition=Q(ciphertext__isnull=False),
                name="login_to_destroy",
            ),
            models.Index(
                fields=["instance", "-id"],
                condition=Q(ended_at__isnull=True),
                name="login_live",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["instance", "holder"], name="login_once_per_holder"),
            models.CheckConstraint(
                condition=Q(ciphertext__isnull=True)
                | Q(revealed_at__isnull=True, ended_at__isnull=True, reveal_until__isnull=False),
                name="login_sealed_was_not_seen",
            ),
        ]

    def __str__(self) -> str:
        return self.username or f"login of {self.holder_id}"

    @property
    def state(self) -> LoginState:
        return state_of(
            made_at=self.made_at,
            reveal_until=self.reveal_until,
            revealed_at=self.revealed_at,
            ended_at=self.ended_at,
        )
