"""Where products are read, and what they read."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN
from catalog.contracts.models import ContractVersion, DataContract
from catalog.products.models.product import DataProduct
from catalog.products.models.systems import System, SystemPort
from core.ids import uuid7


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
    # a move that breaks those who read it: to what, and on which day; null: none is announced
    next_version = models.CharField(max_length=60, blank=True, db_default="")
    next_contract_version = models.ForeignKey(
        ContractVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    next_version_on = models.DateField(null=True)
    # where it is: {"host", "port", "database", "schema", "tables": {object name: table}}
    location = models.JSONField(default=dict)
    requestable = models.BooleanField(default=True)
    takes_writes = models.BooleanField(default=False, db_default=False)  # its owner lets others ask
    position = models.PositiveIntegerField(default=0)

    objects = OutputPortQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "-major"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name", "major"], name="port_once"),
            models.CheckConstraint(condition=Q(name__regex=SLUG_PATTERN), name="port_name_valid"),
            models.CheckConstraint(
                condition=Q(next_contract_version__isnull=True, next_version_on__isnull=True)
                | Q(next_contract_version__isnull=False, next_version_on__isnull=False),
                name="port_next_version_has_its_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_version_on"],
                condition=Q(next_version_on__isnull=False),
                name="port_version_due",
            ),
        ]

    def __str__(self) -> str:
        return self.fqn

    def get_absolute_url(self) -> str:
        return reverse(
            "products:port",
            kwargs={"fqn": self.product.fqn, "port": self.name, "major": self.major},
        )

    @property
    def wanted(self) -> tuple[str, str, dt.date | None]:
        """As its owner wants it: version, contract version, and since when that is to hold."""
        if self.next_contract_version is not None:
            return self.next_version, self.next_contract_version.version, self.next_version_on
        named = self.contract_version.version if self.contract_version else ""
        return self.version, named, None


class InputPort(models.Model):
    """What a product reads, as its owner declares it."""

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="input_ports")
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=60, blank=True)
    contract_document_id = models.CharField(max_length=400, blank=True)
    source = models.ForeignKey(
        OutputPort, on_delete=models.SET_NULL, null=True, blank=True, related_name="consumers"
    )
    # an operational system as declared, `<system fqn>[/<port name>]`, and what is known of it
    system_name = models.CharField(max_length=700, blank=True)
    system = models.ForeignKey(  # its index: input_by_system
        System,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="consumers",
        db_index=False,
    )
    system_port = models.ForeignKey(
        SystemPort, on_delete=models.SET_NULL, null=True, blank=True, related_name="consumers"
    )

    class Meta:
        ordering = ["name", "version"]
        indexes = [
            models.Index(
                fields=["contract_document_id"],
                condition=Q(source__isnull=True) & ~Q(contract_document_id=""),
                name="input_waits_for_contract",
            ),
            models.Index(
                fields=["system_name"],
                condition=~Q(system_name=""),
                name="input_by_system_name",
            ),
            models.Index(fields=["system", "product"], name="input_by_system"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["product", "name", "version"], name="input_port_once"),
            models.CheckConstraint(
                condition=Q(source__isnull=True) | Q(system__isnull=True),
                name="input_port_of_product_or_system",
            ),
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
