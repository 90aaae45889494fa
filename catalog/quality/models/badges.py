"""Addresses at which the badge of a product is shown to everybody who has them."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.products.models import DataProduct


class BadgeLink(models.Model):
    """The address of a product's badge; its signature is made of the key and is not kept."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="badge_links")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=Q(revoked_at__isnull=True), name="badge_link_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
