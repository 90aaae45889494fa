"""Data products."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Domain, Team
from catalog.governance.models import Term
from catalog.products.states import LISTED, Archetype, ProductStatus, Visibility
from core.ids import uuid7

# to all members, whoever they are
OPEN = Q(visibility=Visibility.COMPANY, status__in=LISTED)


class DataProductQuerySet(models.QuerySet["DataProduct"]):
    def visible_to(self, actor: Actor) -> DataProductQuerySet:
        """Products `actor` may see. The only place the read rule is written (DESIGN §2)."""
        if actor.sees_all_metadata:
            return self
        if actor.is_visitor:
            return self.none()
        return self.filter(_sees(actor))

    def hidden_from(self, actor: Actor) -> DataProductQuerySet:
        """All the others. Cost: an index on what is not open to the whole company."""
        if actor.sees_all_metadata:
            return self.none()
        if actor.is_visitor:
            return self
        return self.filter(~OPEN).exclude(_sees(actor))


def _sees(actor: Actor) -> Q:
    mine = Q(owner__in=actor.team_ids) | Q(domain__in=actor.owned_domain_ids)
    listed = Q(status__in=LISTED) & (
        Q(visibility=Visibility.COMPANY)
        | Q(visibility=Visibility.DOMAIN, domain__path__in=actor.home_paths)
        | Q(reader_team_ids__overlap=sorted(actor.team_ids))
        | Q(reader_user_ids__contains=[actor.user_id])
    )
    return mine | listed


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
    classification = models.CharField(max_length=20, blank=True)  # slug of a class
    version = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    terms = models.ManyToManyField(Term, related_name="products", blank=True)
    # [{"kind": of LinkKind, "label", "url"}], http, https and mailto only
    links = models.JSONField(default=list)
    extra = models.JSONField(default=dict)  # what the domain's own JSON Schema asks for
    revision = models.PositiveIntegerField(default=1)  # of the newest Revision; the ETag
    document = models.JSONField(null=True)  # ODPS as given; null when made by a form
    text = models.TextField(blank=True)
    # kept by the quality room: percent 0-100, null until a check has run; coverage 0-1
    quality_score = models.FloatField(null=True, editable=False)
    quality_coverage = models.FloatField(default=0, editable=False)
    quality_measured_at = models.DateTimeField(null=True, editable=False)
    quality_stale_at = models.DateTimeField(null=True, editable=False)
    # kept by the lineage room: when a run last wrote into a port
    written_at = models.DateTimeField(null=True, editable=False)
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
            models.Index(fields=["status", "domain"], name="product_by_status"),
            models.Index(fields=["instance_id"], name="product_by_instance"),
            models.Index(
                fields=["-updated_at"],
                condition=Q(status__in=LISTED),
                name="product_listed_by_change",
            ),
            models.Index(fields=["owner", "-updated_at"], name="product_of_owner_by_change"),
            models.Index(fields=["id"], condition=~OPEN, name="product_not_open"),
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
        return page_address(self.fqn)


def page_address(fqn: str) -> str:
    """Of the page of the product called so, put together by hand: `reverse` takes a good part of
    what a product in a long list takes."""
    before, after = _around_name()
    return f"{before}{quote(fqn)}{after}"


@cache
def _around_name() -> tuple[str, str]:
    before, _, after = reverse("products:product", kwargs={"fqn": "NAME"}).partition("NAME")
    return before, after
