"""The edges between nodes.

An edge is part of the graph from `first_seen` until `ended_at`; one that is seen again begins
again. `change` is the number of the transaction that last put it in or took it out, so a
snapshot of the graph can be brought up to date from its index.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Team, User
from catalog.lineage.models.nodes import CURRENT_TRANSACTION, Column, Dataset, Job
from catalog.lineage.states import Level, Origin
from catalog.products.models import DataProduct


class Edge(models.Model):
    """What all edges have. Those of one job, and those that no job made, are told apart."""

    id = models.BigAutoField(primary_key=True)
    origin = models.CharField(max_length=12, choices=Origin.choices, db_default=Origin.LINEAGE)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    change = models.BigIntegerField(db_default=CURRENT_TRANSACTION, db_index=True)
    reason = models.CharField(max_length=500, blank=True, db_default="")  # of a manual one
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True


def edge_indexes(name: str) -> list[models.Index]:
    """A step in either direction reads nothing but an index."""
    alive = Q(ended_at__isnull=True)
    return [
        models.Index(fields=["source"], include=["target"], condition=alive, name=f"{name}_out"),
        models.Index(fields=["target"], include=["source"], condition=alive, name=f"{name}_in"),
        models.Index(fields=["last_seen"], condition=alive, name=f"{name}_edge_age"),
    ]


def poster() -> models.ForeignKey[Team | None, Team | None]:
    """The team whose token told of it first; None: a person, or the portal."""
    return models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )


class DatasetEdge(Edge):
    """`source` was read by what wrote `target`."""

    source = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="edges_out")
    target = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="edges_in")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, null=True, related_name="edges")
    posted_by = poster()

    class Meta:
        indexes = edge_indexes("dataset")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "job"],
                condition=Q(job__isnull=False),
                name="dataset_edge_once",
            ),
            models.UniqueConstraint(
                fields=["source", "target", "origin"],
                condition=Q(job__isnull=True),
                name="dataset_edge_without_job_once",
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="dataset_edge_no_loop"),
            models.CheckConstraint(
                condition=~Q(origin=Origin.MANUAL, reason=""), name="manual_edge_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class ColumnEdge(Edge):
    """The column `target` is made from the column `source`."""

    source = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="edges_out")
    target = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="edges_in")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, null=True, related_name="column_edges")
    posted_by = poster()
    # as reported, the strongest first: DIRECT, INDIRECT; and IDENTITY, AGGREGATION, FILTER...
    transformation = models.CharField(max_length=80, blank=True, db_default="")
    masking = models.BooleanField(db_default=False)  # the transformation hides the value

    class Meta:
        indexes = edge_indexes("column")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "job"],
                condition=Q(job__isnull=False),
                name="column_edge_once",
            ),
            models.UniqueConstraint(
                fields=["source", "target", "origin"],
                condition=Q(job__isnull=True),
                name="column_edge_without_job_once",
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="column_edge_no_loop"),
            models.CheckConstraint(
                condition=~Q(origin=Origin.MANUAL, reason=""), name="manual_column_edge_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class RemovedEdge(models.Model):
    """A deleted row of an edge that was in the graph, for snapshots made before; by triggers."""

    id = models.BigAutoField(primary_key=True)
    level = models.CharField(max_length=12, choices=Level.choices)
    source = models.CharField(max_length=36)  # ids as text
    target = models.CharField(max_length=36)
    change = models.BigIntegerField(db_default=CURRENT_TRANSACTION)
    removed_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        indexes = [models.Index(fields=["level", "change"], name="removed_edge_since")]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class ProductEdge(Edge):
    """`target` consumes `source`: derived from dataset edges and declared input ports."""

    source = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="edges_out")
    target = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="edges_in")
    via = models.CharField(max_length=1600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "origin"], name="product_edge_once"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="product_edge_no_loop"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"
