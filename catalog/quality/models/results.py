"""What checks said, over time."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from catalog.quality.models.checks import QualityCheck
from catalog.quality.states import Outcome


class CheckResult(models.Model):
    """One run of a check. The table has a partition for each month (services.upkeep)."""

    pk = models.CompositePrimaryKey("check_run_id", "at")
    check_run = models.ForeignKey(
        QualityCheck, on_delete=models.CASCADE, related_name="results", db_index=False
    )
    at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    evaluated = models.BigIntegerField(null=True)  # rows
    failed = models.BigIntegerField(null=True)  # rows
    value = models.FloatField(null=True)
    message = models.TextField(blank=True)
    source = models.CharField(max_length=40, default="portal")
    operation_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"{self.check_run_id} {self.outcome}"
