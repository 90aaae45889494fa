"""The score of a product: now, and at the end of each day; and what it is weighed by."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Domain
from catalog.products.models import DataProduct
from catalog.quality.states import Dimension

MAX_WEIGHT = 100.0


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
    """The score of a product at the end of a day on which it was not out of date."""

    product = models.ForeignKey(
        DataProduct, on_delete=models.CASCADE, related_name="score_snapshots"
    )
    day = models.DateField()
    score = models.FloatField()
    coverage = models.FloatField()

    class Meta:
        ordering = ["day"]
        indexes = [BrinIndex(fields=["day"], name="score_snapshot_by_day")]  # rows come by day
        constraints = [
            models.UniqueConstraint(fields=["product", "day"], name="score_snapshot_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.score:.0f}"


class DomainDay(models.Model):
    """What the snapshots of a day add up to: of the domain's own products, not of those below.

    Only products that are open to the whole company count, so that a mean tells nobody of others.
    """

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    total = models.FloatField()  # of the scores
    products = models.PositiveIntegerField()

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["domain", "day"], name="domain_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.products}"


class DimensionWeight(models.Model):
    """How much a dimension counts in a domain; those of the nearest domain that has some hold."""

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+")
    dimension = models.CharField(max_length=20, choices=Dimension.choices)
    weight = models.FloatField()  # relative to the others; 0: it does not count

    class Meta:
        ordering = ["dimension"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "dimension"], name="dimension_weight_once"),
            models.CheckConstraint(
                condition=Q(weight__range=(0, MAX_WEIGHT)), name="dimension_weight_in_range"
            ),
            models.CheckConstraint(
                condition=Q(dimension__in=Dimension.values), name="dimension_weight_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.weight:g}"
