"""Datasets, their columns, the jobs that make them, and whose a namespace is."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team, User
from catalog.lineage.states import Side
from catalog.products.models import OutputPort, SystemPort

CURRENT_TRANSACTION = RawSQL("pg_current_xact_id()::text::bigint", ())


class NamespaceClaimQuerySet(models.QuerySet["NamespaceClaim"]):
    def visible_to(self, actor: Actor) -> NamespaceClaimQuerySet:
        """All members see whose a namespace is."""
        return self.none() if actor.is_visitor else self


class NamespaceClaim(models.Model):
    """A team answers for a namespace of datasets: nobody else says what is written there."""

    id = models.BigAutoField(primary_key=True)
    namespace = models.CharField(max_length=500, unique=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="lineage_namespaces")
    claimed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    claimed_at = models.DateTimeField(db_default=Now())

    objects = NamespaceClaimQuerySet.as_manager()

    class Meta:
        ordering = ["namespace"]
        constraints = [
            models.CheckConstraint(condition=~Q(namespace=""), name="claimed_namespace_has_name")
        ]

    def __str__(self) -> str:
        return self.namespace


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, actor: Actor) -> DatasetQuerySet:
        """A dataset is seen with its port; that of a system by all members; an unmatched one by
        its poster and the stewards.
        """
        if actor.sees_all_metadata:
            return self
        if actor.is_visitor:
            return self.none()
        # looked up for each row: beside an OR, `IN` would have all visible ports read
        offered = OutputPort.objects.visible_to(actor).filter(pk=OuterRef("port_id"))
        return self.filter(
            Exists(offered.order_by())
            | Q(port__isnull=True, posted_by__in=actor.team_ids)
            | Q(port__isnull=True, system_port__isnull=False)
        )

    def unmatched_for(self, actor: Actor) -> DatasetQuerySet:
        """What no port offers and the actor may claim: posted by a team of theirs, or living in a
        namespace where their products have datasets already.
        """
        free = self.filter(port__isnull=True, system_port__isnull=True, dropped_at__isnull=True)
        if actor.sees_all_metadata:
            return free
        own = Dataset.objects.filter(port__product__owner__in=actor.contributor_team_ids)
        return free.filter(
            Q(posted_by__in=actor.team_ids) | Q(namespace__in=own.values("namespace"))
        )

    def with_team(self) -> DatasetQuerySet:
        """With `namespace_team_id`, the team that claimed the namespace, or None."""
        claims = NamespaceClaim.objects.filter(namespace=OuterRef("namespace"))
        return self.annotate(namespace_team_id=Subquery(claims.values("team_id")))

    def with_team_slug(self) -> DatasetQuerySet:
        """With `namespace_team`, the slug of that team, or None."""
        claims = NamespaceClaim.objects.filter(namespace=OuterRef("namespace"))
        return self.annotate(namespace_team=Subquery(claims.values("team__slug")))

    def matching(self, text: str) -> DatasetQuerySet:
        """Those whose name or namespace holds the text."""
        return self.filter(node_id__icontains=text) if text else self


class Dataset(models.Model):
    """A dataset by its OpenLineage name; `port` once an output port offers it, else
    `system_port` where it stands behind an interface of an operational system.

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
    system_port = models.ForeignKey(
        SystemPort,
        on_delete=models.SET_NULL,
        null=True,
        related_name="lineage_datasets",
        db_index=False,  # dataset_behind_system
    )
    # set when a person said that it belongs to `port`: names do not change that
    claimed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    fields = models.JSONField(default=list)
    posted_by = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, db_index=False)
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
                condition=Q(port__isnull=True, system_port__isnull=True),
                name="dataset_unmatched",
            ),
            models.Index(
                fields=["system_port"],
                condition=Q(system_port__isnull=False),
                name="dataset_behind_system",
            ),
            models.Index(fields=["posted_by", "namespace"], name="dataset_by_poster"),
            models.Index(
                fields=["namespace"], condition=Q(port__isnull=True), name="dataset_alone_in"
            ),
            models.Index(
                fields=["namespace"], condition=Q(port__isnull=False), name="dataset_offered_in"
            ),
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

    class Meta:
        indexes = [models.Index(fields=["namespace"], name="symlink_in_namespace")]

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
