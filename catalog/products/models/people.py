"""Who has a part in a product, and who follows it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Team, User
from catalog.products.models.product import DataProduct


class Ownership(models.Model):
    """A person or team with a named part in a product, beside the owner team."""

    class Kind(models.TextChoices):
        STEWARD = "steward", "Steward"
        EXPERT = "expert", "Expert"
        ON_CALL = "on-call", "On call"

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="ownerships")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) ^ Q(team__isnull=False),
                name="ownership_of_user_or_team",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["steward", "expert", "on-call"]), name="ownership_kind_known"
            ),
            models.UniqueConstraint(
                fields=["product", "kind", "user"],
                condition=Q(user__isnull=False),
                name="ownership_of_user_once",
            ),
            models.UniqueConstraint(
                fields=["product", "kind", "team"],
                condition=Q(team__isnull=False),
                name="ownership_of_team_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user or self.team}"


class Follow(models.Model):
    """Somebody who wants to hear of changes of a product."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="follows")
    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="followers")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="follow_once")]

    def __str__(self) -> str:
        return f"{self.user} follows {self.product}"
