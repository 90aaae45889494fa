"""Data products and their ports."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Domain, Team, User
from catalog.contracts.models import ContractVersion, DataContract
from catalog.contracts.states import Classification
from catalog.products.states import LISTED, Archetype, ProductStatus, Visibility
from core.ids import uuid7


class DataProductQuerySet(models.QuerySet["DataProduct"]):
    def visible_to(self, actor: Actor) -> DataProductQuerySet:
        """Products `actor` may see. The only place the read rule is written (DESIGN §2)."""
        if actor.sees_all_metadata:
            return self
        if actor.is_visitor:
            return self.none()
        mine = Q(owner__in=actor.team_ids) | Q(domain__in=actor.owned_domain_ids)
        listed = Q(status__in=LISTED) & (
            Q(visibility=Visibility.COMPANY)
            | Q(visibility=Visibility.DOMAIN, domain__path__in=actor.home_paths)
            | Q(reader_team_ids__overlap=sorted(actor.team_ids))
            | Q(reader_user_ids__contains=[actor.user_id])
        )
        return self.filter(mine | listed)


class DataProduct(models.Model):
    """A data product: code, data and policy that one team owns and others consume."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document_id = models.CharField(max_length=400, unique=True)  # ODPS `id`
    slug = models.CharField(max_length=63)
    fqn = models.CharField(max_length=600, unique=True)  # <domain path>.<slug>
    name = models.CharField(max_length=200)
    purpose = models.TextField(blank=True)
    description = models.TextField(blank=True)
    limitations = models.TextField(blank=True)
    usage = models.TextField(blank=True)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="data_products")
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="data_products")
    status = models.CharField(
        max_length=12, choices=ProductStatus.choices, default=ProductStatus.DRAFT
    )
    archetype = models.CharField(max_length=20, choices=Archetype.choices, blank=True)
    visibility = models.CharField(
        max_length=12, choices=Visibility.choices, default=Visibility.COMPANY
    )
    classification = models.CharField(max_length=20, choices=Classification.choices, blank=True)
    version = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    document = models.JSONField(null=True)  # ODPS as given; null when made by a form
    text = models.TextField(blank=True)
    # kept by the quality room: percent 0-100, null until a check has run; coverage 0-1
    quality_score = models.FloatField(null=True, editable=False)
    quality_coverage = models.FloatField(default=0, editable=False)
    quality_measured_at = models.DateTimeField(null=True, editable=False)
    quality_stale_at = models.DateTimeField(null=True, editable=False)
    # kept by the access room: who reads through a live grant
    consumer_count = models.PositiveIntegerField(default=0, editable=False)
    reader_team_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    reader_user_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    instance_id = models.UUIDField(null=True, editable=False)  # what provisioning made for it
    successor = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="predecessors"
    )
    sunset_on = models.DateField(null=True, blank=True)  # announced end of a deprecated product
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)

    objects = DataProductQuerySet.as_manager()

    class Meta:
        ordering = ["fqn"]
        indexes = [
            models.Index(fields=["status"], name="product_by_status"),
            models.Index(fields=["instance_id"], name="product_by_instance"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["domain", "slug"], name="product_slug_once_per_domain"),
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG_PATTERN), name="product_slug_valid"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ProductStatus.values), name="product_status_known"
            ),
            models.CheckConstraint(
                condition=Q(archetype__in=["", *Archetype.values]), name="product_archetype_known"
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="product_visibility_known"
            ),
            models.CheckConstraint(
                condition=Q(quality_score__isnull=True) | Q(quality_score__range=(0, 100)),
                name="product_quality_score_is_percent",
            ),
            models.CheckConstraint(
                condition=Q(quality_coverage__range=(0, 1)),
                name="product_quality_coverage_is_share",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("products:product", kwargs={"fqn": self.fqn})


class FormerName(models.Model):
    """A name that a product had; reserved for the redirect until its owner frees it."""

    fqn = models.CharField(max_length=600, unique=True)
    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="former_names")

    def __str__(self) -> str:
        return self.fqn


class Ownership(models.Model):
    """A person or team with a named part in a product, beside the owner team."""

    class Kind(models.TextChoices):
        STEWARD = "steward", "Steward"
        EXPERT = "expert", "Expert"
        ON_CALL = "on-call", "On call"

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="ownerships")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) ^ Q(team__isnull=False),
                name="ownership_of_user_or_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user or self.team}"


class OutputPortQuerySet(models.QuerySet["OutputPort"]):
    def visible_to(self, actor: Actor) -> OutputPortQuerySet:
        """Ports of the products that `actor` may see."""
        if actor.sees_all_metadata:
            return self
        return self.filter(product__in=DataProduct.objects.visible_to(actor))


class OutputPort(models.Model):
    """Where a product is read; major versions live side by side."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="output_ports")
    name = models.CharField(max_length=63)  # slug
    major = models.PositiveIntegerField(default=1)
    version = models.CharField(max_length=60, blank=True)
    fqn = models.CharField(max_length=700, unique=True)  # <product fqn>/<name>@<major>
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    technology = models.CharField(max_length=40, blank=True)  # ODCS server type, e.g. postgresql
    contract = models.ForeignKey(
        DataContract, on_delete=models.PROTECT, null=True, related_name="output_ports"
    )
    contract_version = models.ForeignKey(
        ContractVersion, on_delete=models.PROTECT, null=True, related_name="output_ports"
    )
    # where it is: {"host", "port", "database", "schema", "tables": {object name: table}}
    location = models.JSONField(default=dict)
    requestable = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    objects = OutputPortQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "-major"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name", "major"], name="port_once"),
            models.CheckConstraint(condition=Q(name__regex=SLUG_PATTERN), name="port_name_valid"),
        ]

    def __str__(self) -> str:
        return self.fqn

    def get_absolute_url(self) -> str:
        return reverse(
            "products:port",
            kwargs={"fqn": self.product.fqn, "port": self.name, "major": self.major},
        )


class InputPort(models.Model):
    """What a product reads, as its owner declares it."""

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="input_ports")
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=60, blank=True)
    contract_document_id = models.CharField(max_length=400, blank=True)
    source = models.ForeignKey(
        OutputPort, on_delete=models.SET_NULL, null=True, blank=True, related_name="consumers"
    )

    class Meta:
        ordering = ["name", "version"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name", "version"], name="input_port_once")
        ]

    def __str__(self) -> str:
        return f"{self.product} ← {self.name}"


class PortDataset(models.Model):
    """The OpenLineage name of what a port offers; how lineage finds the port."""

    port = models.ForeignKey(OutputPort, on_delete=models.CASCADE, related_name="datasets")
    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["namespace", "name"], name="port_dataset_once")
        ]

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"
