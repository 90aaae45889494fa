"""Datasets, their columns, jobs, runs and the edges between them (OpenLineage).

An edge is part of the graph from `first_seen` until `ended_at`; one that is seen again begins
again. `change` is the number of the transaction that last put it in or took it out, so a
snapshot of the graph can be brought up to date from its index.
"""

from __future__ import annotations

import zlib
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team, User
from catalog.lineage.states import Level, Origin, Side
from catalog.products.models import DataProduct, OutputPort

CURRENT_TRANSACTION = RawSQL("pg_current_xact_id()::text::bigint", ())


class NamespaceClaim(models.Model):
    """A team answers for a namespace of datasets: nobody else says what is written there."""

    id = models.BigAutoField(primary_key=True)
    namespace = models.CharField(max_length=500, unique=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="lineage_namespaces")
    claimed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    claimed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["namespace"]
        constraints = [
            models.CheckConstraint(condition=~Q(namespace=""), name="claimed_namespace_has_name")
        ]

    def __str__(self) -> str:
        return self.namespace


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, actor: Actor) -> DatasetQuerySet:
        """A dataset is seen with its port; an unmatched one by its poster and the stewards."""
        if actor.sees_all_metadata:
            return self
        # looked up for each row: beside an OR, `IN` would have all visible ports read
        offered = OutputPort.objects.visible_to(actor).filter(pk=OuterRef("port_id"))
        return self.filter(
            Exists(offered.order_by()) | Q(port__isnull=True, posted_by__in=actor.team_ids)
        )

    def unmatched_for(self, actor: Actor) -> DatasetQuerySet:
        """What no port offers and the actor may claim: posted by a team of theirs, or living in a
        namespace where their products have datasets already.
        """
        free = self.filter(port__isnull=True, dropped_at__isnull=True)
        if actor.sees_all_metadata:
            return free
        own = Dataset.objects.filter(port__product__owner__in=actor.contributor_team_ids)
        return free.filter(
            Q(posted_by__in=actor.team_ids) | Q(namespace__in=own.values("namespace"))
        )

    def with_team(self) -> DatasetQuerySet:
        """With `namespace_team`, the slug of the team that claimed the namespace, or None."""
        claims = NamespaceClaim.objects.filter(namespace=OuterRef("namespace"))
        return self.annotate(namespace_team=Subquery(claims.values("team__slug")))

    def matching(self, text: str) -> DatasetQuerySet:
        """Those whose name or namespace holds the text."""
        return self.filter(node_id__icontains=text) if text else self


class Dataset(models.Model):
    """A dataset by its OpenLineage name; `port` once an output port offers it.

    `key` tells it from all others. `node_key` finds it by the text form
    `dataset:<namespace>:<name>`, which two may share: both parts may hold colons.
    """

    id = models.BigAutoField(primary_key=True)
    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=1000)
    node_id = models.CharField(max_length=1600)
    key = models.UUIDField(unique=True)
    node_key = models.UUIDField(db_index=True)
    port = models.ForeignKey(
        OutputPort, on_delete=models.SET_NULL, null=True, related_name="lineage_datasets"
    )
    # set when a person said that it belongs to `port`: names do not change that
    claimed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    fields = models.JSONField(default=list)
    posted_by = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())
    dropped_at = models.DateTimeField(null=True)
    # number of the transaction that last changed who sees it; kept by a trigger
    change = models.BigIntegerField(db_default=CURRENT_TRANSACTION, db_index=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["-first_seen", "-id"],
                condition=Q(port__isnull=True),
                name="dataset_unmatched",
            )
        ]

    def __str__(self) -> str:
        return self.node_id


class Symlink(models.Model):
    """Another name of a dataset (OpenLineage's symlinks facet)."""

    id = models.BigAutoField(primary_key=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="symlinks")
    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=1000)
    kind = models.CharField(max_length=40, blank=True)  # as reported: TABLE, LOCATION...
    key = models.UUIDField(unique=True)  # as Dataset.key

    def __str__(self) -> str:
        return f"{self.namespace}:{self.name}"


class ColumnQuerySet(models.QuerySet["Column"]):
    def visible_to(self, actor: Actor) -> ColumnQuerySet:
        """A column is seen with its dataset."""
        if actor.sees_all_metadata:
            return self
        return self.filter(dataset__in=Dataset.objects.visible_to(actor))


class Column(models.Model):
    """A column of a dataset that lineage has named, a node `column:<namespace>:<name>#<field>`."""

    id = models.BigAutoField(primary_key=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="columns")
    name = models.CharField(max_length=1000)
    key = models.UUIDField(unique=True)
    node_key = models.UUIDField(db_index=True)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    objects = ColumnQuerySet.as_manager()

    def __str__(self) -> str:
        return f"#{self.name}"


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, actor: Actor) -> JobQuerySet:
        """A job is seen with any dataset that it touches, and by its poster."""
        if actor.sees_all_metadata:
            return self
        touching = JobDataset.objects.filter(
            job=OuterRef("pk"), dataset__in=Dataset.objects.visible_to(actor)
        )
        return self.filter(Q(posted_by__in=actor.team_ids) | Exists(touching))


class Job(models.Model):
    """A job by its OpenLineage name."""

    id = models.BigAutoField(primary_key=True)
    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=1000)
    key = models.UUIDField(unique=True)
    node_key = models.UUIDField(db_index=True)
    posted_by = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    objects = JobQuerySet.as_manager()

    def __str__(self) -> str:
        return f"job:{self.namespace}:{self.name}"


class JobDataset(models.Model):
    """A job reads (`side` in) or writes (out) a dataset, with or without an edge."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="datasets", db_index=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="jobs")
    side = models.CharField(max_length=3, choices=Side.choices)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "dataset", "side"], name="job_dataset_once")
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.side} {self.dataset_id}"


class Run(models.Model):
    """One run of a job, as far as its events told."""

    run_id = models.UUIDField(unique=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=12)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField()
    last_seen = models.DateTimeField(db_default=Now())  # by our clock, whatever its events say
    # datasets named so far by any event of the run: events may come in any order
    input_ids = ArrayField(models.BigIntegerField(), default=list)
    output_ids = ArrayField(models.BigIntegerField(), default=list)
    # what caused it, as far as its parent facet says
    parent_run_id = models.UUIDField(null=True)
    parent_job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["job", "-last_event_at"], name="run_by_job"),
            models.Index(fields=["last_event_at"], name="run_by_age"),
            models.Index(fields=["last_seen"], name="run_by_last_seen"),
        ]

    def __str__(self) -> str:
        return str(self.run_id)


class LineageEvent(models.Model):
    """An event as it came; the hash of its identity makes a repeat harmless."""

    id = models.BigAutoField(primary_key=True)
    identity = models.CharField(max_length=64, unique=True)
    event_time = models.DateTimeField()
    body = models.BinaryField()  # JSON, deflated: a tenth of the work that JSONB is
    warnings = ArrayField(models.CharField(max_length=200), default=list)
    posted_by = models.CharField(max_length=150)
    received_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return f"event {self.identity[:12]}"

    @property
    def document(self) -> Any:
        """The event as JSON values."""
        return orjson.loads(zlib.decompress(self.body))


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
