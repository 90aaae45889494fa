"""The score of a product: now, and at the end of each day."""

from __future__ import annotations

from django.db import models

from catalog.products.models import DataProduct
from catalog.quality.states import Dimension


class DimensionScore(models.Model):
    """The present score of one dimension of a product."""

    product = models.ForeignKey(
        DataProduct, on_delete=models.CASCADE, related_name="dimension_scores"
    )
    dimension = models.CharField(max_length=20, choices=Dimension.choices)
    score = models.FloatField()  # percent, 0-100
    weight = models.FloatField()  # share of the product's score; sums to 1
    checks = models.PositiveIntegerField()

    class Meta:
        ordering = ["dimension"]
        constraints = [
            models.UniqueConstraint(fields=["product", "dimension"], name="dimension_score_once")
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.score:.0f}"


class ScoreSnapshot(models.Model):
    """The score of a product at the end of a day, for the trend."""

    product = models.ForeignKey(
        DataProduct, on_delete=models.CASCADE, related_name="score_snapshots"
    )
    day = models.DateField()
    score = models.FloatField()
    coverage = models.FloatField()

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["product", "day"], name="score_snapshot_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.score:.0f}"
