"""Operational systems: where data begins, and the APIs they offer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Domain, Team
from catalog.products.states import SystemPortKind, SystemStatus
from core.ids import uuid7


class SystemQuerySet(models.QuerySet["System"]):
    def visible_to(self, actor: Actor) -> SystemQuerySet:
        """Systems are known to everybody who is logged in."""
        return self.none() if actor.is_visitor else self


class System(models.Model):
    """An operational system, e.g. a shop or a ledger; products read it through its ports."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document_id = models.CharField(max_length=400, unique=True)  # e.g. Backstage entity reference
    slug = models.CharField(max_length=63)
    fqn = models.CharField(max_length=600, unique=True)  # <domain path>.<slug>
    name = models.CharField(max_length=200)
    purpose = models.TextField(blank=True)
    description = models.TextField(blank=True)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="systems")
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="systems")
    status = models.CharField(
        max_length=12, choices=SystemStatus.choices, default=SystemStatus.ACTIVE
    )
    technology = models.CharField(max_length=60, blank=True)  # e.g. SAP S/4HANA
    tags = models.JSONField(default=list)
    links = models.JSONField(default=list)  # [{"kind", "label", "url"}]
    document = models.JSONField(null=True)  # as given; null when made by a form
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = SystemQuerySet.as_manager()

    class Meta:
        ordering = ["fqn"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "slug"], name="system_slug_once_per_domain"),
            models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name="system_slug_valid"),
            models.CheckConstraint(
                condition=Q(status__in=SystemStatus.values), name="system_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("products:system", kwargs={"fqn": self.fqn})


class SystemPort(models.Model):
    """An interface of a system: an API by its OpenAPI or AsyncAPI document, a database, files."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="ports")
    name = models.CharField(max_length=63)  # slug
    fqn = models.CharField(max_length=700, unique=True)  # <system fqn>/<name>
    kind = models.CharField(max_length=12, choices=SystemPortKind.choices)
    title = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=60, blank=True)
    description = models.TextField(blank=True)
    url = models.CharField(max_length=1000, blank=True)
    # what the document offers: [{"verb", "name", "summary"}], e.g. GET /orders, SEND order.placed
    operations = models.JSONField(default=list)
    document = models.JSONField(null=True)  # OpenAPI or AsyncAPI as given
    text = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["system", "name"], name="system_port_once"),
            models.CheckConstraint(
                condition=Q(name__regex=SLUG_PATTERN), name="system_port_name_valid"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SystemPortKind.values), name="system_port_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.fqn


class SystemDataset(models.Model):
    """The OpenLineage name of data behind a port; how lineage finds the system."""

    ALL = "*"  # as a name: what no other port names in a namespace that the team has claimed

    port = models.ForeignKey(SystemPort, on_delete=models.CASCADE, related_name="datasets")
    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=1000)

    class Meta:
        ordering = ["namespace", "name"]
        constraints = [
            models.UniqueConstraint(fields=["namespace", "name"], name="system_dataset_once"),
            models.CheckConstraint(
                condition=~Q(namespace="") & ~Q(name=""), name="system_dataset_has_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"
