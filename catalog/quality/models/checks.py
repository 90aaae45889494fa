"""Rules on ports, and what was sent about ports that are not known."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team
from catalog.products.models import OutputPort
from catalog.quality.states import Dimension, Outcome

CONTRACT = "contract"


def origin_of(key: str) -> str:
    """Rules of the contract are known by their place in it, others by `tool:name`."""
    return CONTRACT if key.startswith("/") else key.partition(":")[0]


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
    key = models.CharField(max_length=500)  # stable in the port: the rule's pointer, or tool:name
    name = models.CharField(max_length=300)
    dimension = models.CharField(max_length=20, choices=Dimension.choices, blank=True)
    weight = models.FloatField(default=1)  # by severity
    definition = models.JSONField(default=dict)  # what `measure` needs; {} for outside tools
    runnable = models.BooleanField(default=False)
    every_s = models.PositiveIntegerField(default=86400)
    due_at = models.DateTimeField(null=True)  # null: not scheduled
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
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def origin(self) -> str:
        """`contract` for its rules and what follows from its schema, else the tool that sent it."""
        return origin_of(self.key)


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
