"""What went wrong with a product's data, who looks after it, and what they did."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import User
from catalog.products.models import DataProduct, OutputPort
from catalog.quality.models.checks import QualityCheck
from catalog.quality.states import (
    OF_PRODUCT,
    UNRESOLVED,
    Cause,
    EventKind,
    IncidentState,
    Severity,
)
from core.ids import uuid7

MAX_HOPS = 3  # how far downstream an incident is shown at most
USUAL_HOPS = 1


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, actor: Actor) -> IncidentQuerySet:
        """Incidents of the products that `actor` may see."""
        if actor.sees_all_metadata:
            return self
        return self.filter(product__in=DataProduct.objects.visible_to(actor))

    def unresolved(self) -> IncidentQuerySet:
        return self.filter(state__in=UNRESOLVED)

    def of_teams_of(self, actor: Actor) -> IncidentQuerySet:
        """Those of products that a team of the actor owns."""
        return self.filter(product__owner__in=actor.team_ids)

    def for_rows(self) -> IncidentQuerySet:
        """With what a row of a list names, in one query."""
        named = self.select_related("product__owner", "product__domain", "assignee", "port")
        return named.defer(
            *("product__document", "product__text", "product__description", "product__usage"),
            *("product__limitations", "product__domain__field_schema", "port__location"),
        )


class Incident(models.Model):
    """One thing that is wrong, from the first bad result to the end of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(  # its index: incident_by_product
        DataProduct, on_delete=models.CASCADE, related_name="incidents", db_index=False
    )
    port = models.ForeignKey(
        OutputPort, on_delete=models.SET_NULL, null=True, related_name="incidents"
    )
    quality_check = models.ForeignKey(
        QualityCheck, on_delete=models.SET_NULL, null=True, related_name="incidents"
    )
    cause = models.CharField(max_length=10, choices=Cause.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MAJOR)
    state = models.CharField(
        max_length=12, choices=IncidentState.choices, default=IncidentState.OPEN
    )
    title = models.CharField(max_length=300)
    detail = models.TextField(blank=True)
    assignee = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="assigned_incidents"
    )
    broke_at = models.DateTimeField()  # of the first bad result, or when the promise ended
    detected_at = models.DateTimeField(db_default=Now())  # when the portal knew
    acknowledged_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=1)  # bad results since it broke
    reopened = models.PositiveIntegerField(default=0)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-detected_at", "-id"]
        indexes = [
            models.Index(fields=["product", "-detected_at"], name="incident_by_product"),
            models.Index(fields=["-detected_at", "-id"], name="incident_by_time"),
            models.Index(
                fields=["-detected_at", "-id"],
                condition=Q(state__in=UNRESOLVED),
                name="incident_unresolved",
            ),
            models.Index(
                fields=["product"], condition=Q(state__in=UNRESOLVED), name="incident_of_product"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["quality_check"],
                condition=Q(state__in=UNRESOLVED, quality_check__isnull=False),
                name="incident_once_per_check",
            ),
            models.UniqueConstraint(
                fields=["product", "cause"],
                condition=Q(state__in=UNRESOLVED, cause__in=OF_PRODUCT),
                name="incident_once_per_product_and_cause",
            ),
            models.CheckConstraint(
                condition=Q(cause__in=Cause.values), name="incident_cause_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="incident_severity_known"
            ),
            models.CheckConstraint(
                condition=Q(state=IncidentState.RESOLVED, resolved_at__isnull=False)
                | Q(resolved_at__isnull=True)
                & (
                    Q(state=IncidentState.OPEN, acknowledged_at__isnull=True)
                    | Q(state=IncidentState.ACKNOWLEDGED, acknowledged_at__isnull=False)
                ),
                name="incident_state_has_its_times",
            ),
            models.CheckConstraint(
                condition=Q(broke_at__lte=F("detected_at")), name="incident_broke_before_detected"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("quality:incident", kwargs={"pk": self.pk})

    @property
    def is_resolved(self) -> bool:
        return self.state == IncidentState.RESOLVED


class IncidentEvent(models.Model):
    """One line of an incident's timeline; a trigger refuses to change what was written."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    actor = models.CharField(max_length=150, blank=True)  # user name; "" is the portal
    person = models.CharField(max_length=150, blank=True)  # user name of whom it is assigned to
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values), name="incident_event_kind_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.kind}"


class QualitySettings(models.Model):
    """What the owners of a product want to be told about; without a row, as usual."""

    product = models.OneToOneField(
        DataProduct, on_delete=models.CASCADE, primary_key=True, related_name="quality_settings"
    )
    # percent 0-100; a lower score is an incident; null: no score is
    score_threshold = models.FloatField(
        null=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    downstream_hops = models.PositiveSmallIntegerField(default=USUAL_HOPS)
    watches_promises = models.BooleanField(default=True)  # by when runs last wrote
    watches_anomalies = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score_threshold__isnull=True) | Q(score_threshold__range=(0, 100)),
                name="quality_settings_threshold_is_percent",
            ),
            models.CheckConstraint(
                condition=Q(downstream_hops__lte=MAX_HOPS), name="quality_settings_hops_few"
            ),
        ]

    def __str__(self) -> str:
        return f"settings of {self.product_id}"
