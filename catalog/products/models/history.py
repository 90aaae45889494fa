"""What a product was: former names, those of systems too, and revisions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.products.models.product import DataProduct
from catalog.products.models.systems import System


class FormerName(models.Model):
    """A name that a product or a system had; kept for the redirect until its owner frees it."""

    fqn = models.CharField(max_length=600, unique=True)
    product = models.ForeignKey(
        DataProduct, on_delete=models.CASCADE, null=True, related_name="former_names"
    )
    system = models.ForeignKey(
        System, on_delete=models.CASCADE, null=True, related_name="former_names"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=False) ^ Q(system__isnull=False),
                name="former_name_of_product_or_system",
            )
        ]

    def __str__(self) -> str:
        return self.fqn


class Revision(models.Model):
    """One state of a product, written with the change that made it.

    `snapshot` is everything a revert needs (the public form of `ProductData`); `changes` is
    `[{"field", "from", "to"}]` against the revision before.
    """

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=150)
    verb = models.CharField(max_length=64)  # as in the audit log, e.g. product.updated
    note = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=list)
    snapshot = models.JSONField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["product", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.product} {self.number}"
