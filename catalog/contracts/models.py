"""Data contracts: the document as given, and the rows that other rooms read."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Domain, Team
from core.ids import uuid7


class DataContractQuerySet(models.QuerySet["DataContract"]):
    def visible_to(self, actor: Actor) -> DataContractQuerySet:
        """Contracts of the actor's teams and domains, and those that a listed port names.

        Visibility and readers are those of the ports; the products room keeps them true
        (`services.record_offers`).
        """
        if actor.sees_all_metadata:
            return self
        if actor.is_visitor:
            return self.none()
        return self.filter(
            Q(owner__in=actor.team_ids)
            | Q(domain__in=actor.owned_domain_ids)
            | Q(visibility="company")
            | Q(visibility="domain", domain__path__in=actor.home_paths)
            | Q(reader_team_ids__overlap=sorted(actor.team_ids))
            | Q(reader_user_ids__contains=[actor.user_id])
        )


class DataContract(models.Model):
    """A data contract (ODCS `id`); its versions hold the documents."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document_id = models.CharField(max_length=400, unique=True)
    name = models.CharField(max_length=200)
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="data_contracts")
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="data_contracts")
    visibility = models.CharField(max_length=12, default="company")  # as its widest port
    # kept by the products room: whether a port names it, and who reads through one
    offered = models.BooleanField(default=False, editable=False)
    reader_team_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    reader_user_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = DataContractQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(visibility__in=["company", "domain", "restricted"]),
                name="contract_visibility_known",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("contracts:contract", kwargs={"contract_id": self.pk})


class ContractVersion(models.Model):
    """One version of a contract: the document verbatim; immutable once published."""

    contract = models.ForeignKey(DataContract, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=100)
    api_version = models.CharField(max_length=20)
    status = models.CharField(max_length=40)
    text = models.TextField()  # as given, nothing dropped
    sha256 = models.CharField(max_length=64)  # of the parsed document in canonical JSON
    document = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150)
    instance_id = models.UUIDField(null=True, editable=False)  # whose provisioning made it

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "version"], name="contract_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.version}"


class SchemaObject(models.Model):
    """A table, view, topic or file that a contract version describes."""

    version = models.ForeignKey(
        ContractVersion, on_delete=models.CASCADE, related_name="objects_described"
    )
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    physical_name = models.CharField(max_length=255, blank=True)
    physical_type = models.CharField(max_length=60, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="schema_object_once")
        ]

    def __str__(self) -> str:
        return self.name


class SchemaProperty(models.Model):
    """A column or nested field; `path` is dotted for nested ones."""

    object = models.ForeignKey(SchemaObject, on_delete=models.CASCADE, related_name="properties")
    position = models.PositiveIntegerField()
    path = models.CharField(max_length=1000)
    name = models.CharField(max_length=255)
    physical_name = models.CharField(max_length=255, blank=True)
    logical_type = models.CharField(max_length=20, blank=True)
    physical_type = models.CharField(max_length=120, blank=True)
    required = models.BooleanField(default=False)
    unique = models.BooleanField(default=False)
    primary_key = models.BooleanField(default=False)
    primary_key_position = models.IntegerField(default=-1)
    classification = models.CharField(max_length=60, blank=True)
    description = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["object", "path"], name="schema_property_once")
        ]
        indexes = [
            models.Index(
                fields=["classification", "object"],
                condition=~Q(classification=""),
                name="schema_property_by_class",
            )
        ]

    def __str__(self) -> str:
        return self.path


class QualityRule(models.Model):
    """A quality rule of a contract version, as the standard states it."""

    version = models.ForeignKey(
        ContractVersion, on_delete=models.CASCADE, related_name="quality_rules"
    )
    pointer = models.CharField(max_length=400)  # where it stands in the document
    object_name = models.CharField(max_length=255, blank=True)
    property_path = models.CharField(max_length=1000, blank=True)
    type = models.CharField(max_length=12)  # library, text, sql, custom
    metric = models.CharField(max_length=40, blank=True)
    operator = models.CharField(max_length=40, blank=True)
    threshold = models.JSONField(null=True)  # number or [low, high]
    unit = models.CharField(max_length=20, blank=True)
    dimension = models.CharField(max_length=20, blank=True)
    severity = models.CharField(max_length=20, blank=True)
    schedule = models.CharField(max_length=100, blank=True)
    query = models.TextField(blank=True)
    arguments = models.JSONField(default=dict)
    name = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "pointer"], name="quality_rule_once")
        ]

    def __str__(self) -> str:
        return self.name or f"{self.metric} {self.property_path}".strip()


class Sla(models.Model):
    """A promise of a contract version: latency, retention, availability ..."""

    version = models.ForeignKey(ContractVersion, on_delete=models.CASCADE, related_name="slas")
    property = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    unit = models.CharField(max_length=20, blank=True)
    element = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return f"{self.property} {self.value} {self.unit}".strip()
