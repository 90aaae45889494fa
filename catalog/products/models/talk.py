"""What people say of a product: announcements of its owners, comments of everybody."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from catalog.products.models.product import DataProduct
from catalog.products.states import AnnouncementKind


class Announcement(models.Model):
    """What the owners want every consumer to know; shown as a banner while it holds."""

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="announcements")
    kind = models.CharField(
        max_length=12, choices=AnnouncementKind.choices, default=AnnouncementKind.NEWS
    )
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)  # Markdown
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(db_default=Now())
    starts_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-starts_at", "-id"]
        indexes = [
            models.Index(fields=["product", "-starts_at"], name="announcement_by_product"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AnnouncementKind.values), name="announcement_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="announcement_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """It holds, or will."""
        return self.ends_at is None or self.ends_at > timezone.now()


class Comment(models.Model):
    """A question or remark on a product; a removed one keeps its place, not its words."""

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="comments")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    body = models.TextField()  # Markdown; "" once removed
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["product", "created_at"], name="comment_by_product")]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(body=""), name="comment_removed_is_empty"
            )
        ]

    def __str__(self) -> str:
        return f"{self.author} on {self.product}"
