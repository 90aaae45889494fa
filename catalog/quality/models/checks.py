"""Rules on ports, and what was sent about ports that are not known."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team
from catalog.products.models import OutputPort
from catalog.quality.states import Dimension, Origin, Outcome


def told_by(origin: str, key: str) -> str:
    """The origin of a check; of one that a tool sent the tool, which its key begins with."""
    return key.partition(":")[0] if origin == Origin.TOOL else origin


class QualityCheckQuerySet(models.QuerySet["QualityCheck"]):
    def visible_to(self, actor: Actor) -> QualityCheckQuerySet:
        """Checks of the ports that `actor` may see."""
        if actor.sees_all_metadata:
            return self
        return self.filter(port__in=OutputPort.objects.visible_to(actor))


class QualityCheck(models.Model):
    """A rule of the contract (or of another tool) on one port, with its latest result."""

    id = models.BigAutoField(primary_key=True)
    port = models.ForeignKey(OutputPort, on_delete=models.CASCADE, related_name="quality_checks")
    # stable in the port, also when the contract gets a new version: see `rules.wanted`; tool:name
    key = models.CharField(max_length=500)
    name = models.CharField(max_length=300)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.TOOL)
    pointer = models.CharField(max_length=400, blank=True)  # where the contract says so
    demand = models.CharField(max_length=500, blank=True)  # in words: no empty values in `email`
    dimension = models.CharField(max_length=20, choices=Dimension.choices, blank=True)
    weight = models.FloatField(default=1)  # by severity
    definition = models.JSONField(default=dict)  # what `measure` needs; {} for outside tools
    runnable = models.BooleanField(default=False)
    # why the portal does not run it, or not as the contract says
    note = models.CharField(max_length=300, blank=True)
    schedule = models.CharField(max_length=100, blank=True)  # as the contract says: cron, interval
    every_s = models.PositiveIntegerField(default=86400)  # the longest time between two runs
    due_at = models.DateTimeField(null=True)  # null: not scheduled
    taken_at = models.DateTimeField(null=True)  # when a run was last ordered
    active = models.BooleanField(default=True)
    # latest result, copied for lists
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    score = models.FloatField(null=True)  # 0-1
    evaluated = models.BigIntegerField(null=True)  # rows
    failed = models.BigIntegerField(null=True)  # rows
    value = models.FloatField(null=True)
    message = models.TextField(blank=True)
    measured_at = models.DateTimeField(null=True)

    objects = QualityCheckQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(active=True, runnable=True), name="check_due"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["port", "key"], name="check_once_per_port"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(0, 1)),
                name="check_score_is_share",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=Origin.values), name="check_origin_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def told_by(self) -> str:
        """Its origin; of one that a tool sent the tool."""
        return told_by(self.origin, self.key)


class UnmatchedResult(models.Model):
    """A result of a tool on something that no port offers, or none of the sender's team.

    The latest of each check; it is taken over once a port of the team offers the dataset.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=40)
    namespace = models.CharField(max_length=500, blank=True)
    dataset = models.CharField(max_length=1000, blank=True)
    key = models.CharField(max_length=500)
    identity = models.UUIDField()  # of namespace, dataset and key
    name = models.CharField(max_length=300)
    dimension = models.CharField(max_length=20, choices=Dimension.choices)
    weight = models.FloatField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    evaluated = models.BigIntegerField(null=True)
    failed = models.BigIntegerField(null=True)
    value = models.FloatField(null=True)
    message = models.TextField(blank=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "identity"], name="unmatched_result_once")
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.name}"
