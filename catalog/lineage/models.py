"""Datasets, jobs, runs and the edges between them (OpenLineage)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team
from catalog.products.models import DataProduct, OutputPort


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, actor: Actor) -> DatasetQuerySet:
        """A dataset is seen with its port; an unmatched one by its poster and the stewards."""
        if actor.sees_all_metadata:
            return self
        return self.filter(
            Q(port__in=OutputPort.objects.visible_to(actor))
            | Q(port__isnull=True, posted_by__in=actor.team_ids)
        )


class Dataset(models.Model):
    """A dataset by its OpenLineage name; `port` once an output port offers it."""

    id = models.BigAutoField(primary_key=True)
    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=1000)
    node_id = models.CharField(max_length=1600, unique=True)  # dataset:<namespace>:<name>
    port = models.ForeignKey(
        OutputPort, on_delete=models.SET_NULL, null=True, related_name="lineage_datasets"
    )
    fields = models.JSONField(default=list)
    posted_by = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    objects = DatasetQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "name"], name="dataset_once")]

    def __str__(self) -> str:
        return self.node_id


class Job(models.Model):
    """A job by its OpenLineage name."""

    id = models.BigAutoField(primary_key=True)
    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=1000)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "name"], name="job_once")]

    def __str__(self) -> str:
        return f"job:{self.namespace}:{self.name}"


class Run(models.Model):
    """One run of a job, as far as its events told."""

    run_id = models.UUIDField(unique=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=12)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField()
    # datasets named so far by any event of the run: events may come in any order
    input_ids = ArrayField(models.BigIntegerField(), default=list)
    output_ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [models.Index(fields=["job", "-last_event_at"], name="run_by_job")]

    def __str__(self) -> str:
        return str(self.run_id)


class LineageEvent(models.Model):
    """An event as it came; the hash of its identity makes a repeat harmless."""

    id = models.BigAutoField(primary_key=True)
    identity = models.CharField(max_length=64, unique=True)
    event_time = models.DateTimeField()
    body = models.JSONField()
    warnings = ArrayField(models.CharField(max_length=200), default=list)
    posted_by = models.CharField(max_length=150)
    received_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"event {self.identity[:12]}"


class DatasetEdge(models.Model):
    """`source` was read by a job that wrote `target`."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="edges_out")
    target = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="edges_in")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="edges")
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "job"], name="dataset_edge_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="dataset_edge_no_loop"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class ProductEdge(models.Model):
    """`target` consumes `source`: derived from dataset edges and declared input ports."""

    class Origin(models.TextChoices):
        LINEAGE = "lineage", "Seen by lineage"
        DECLARED = "declared", "Declared by the owner"

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="edges_out")
    target = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="edges_in")
    origin = models.CharField(max_length=12, choices=Origin.choices)
    via = models.CharField(max_length=1600, blank=True)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "origin"], name="product_edge_once"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="product_edge_no_loop"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"
