"""What a platform team offers, as versioned documents."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Team, User
from core.ids import uuid7
from provisioning.blueprints.formats.document import BlueprintDoc, blueprint_in
from provisioning.jobs.models import Instance


class BlueprintQuerySet(models.QuerySet["Blueprint"]):
    def visible_to(self, actor: Actor) -> BlueprintQuerySet:
        """All members see all blueprints; visitors none."""
        return self.none() if actor.is_visitor else self

    def offered(self) -> BlueprintQuerySet:
        """Those that can be asked for."""
        return self.filter(withdrawn_at__isnull=True, current__isnull=False)


class Blueprint(models.Model):
    """A capability that teams can ask for."""

    slug = models.CharField(max_length=63, unique=True)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    icon = models.CharField(max_length=40, default="services")
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="blueprints")
    current = models.ForeignKey(
        "BlueprintVersion", on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)  # not offered any more; what it made lives on

    objects = BlueprintQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG_PATTERN), name="blueprint_slug_valid"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("blueprints:blueprint", kwargs={"slug": self.slug})

    def get_form_url(self) -> str:
        return reverse("blueprints:request-new", kwargs={"slug": self.slug})


class BlueprintVersion(models.Model):
    """One version of the document; immutable."""

    blueprint = models.ForeignKey(Blueprint, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    document = models.JSONField()  # schema (JSON Schema 2020-12), steps, example, gets ...
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["blueprint", "number"], name="blueprint_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.blueprint} v{self.number}"

    @property
    def content(self) -> BlueprintDoc:
        """What the document says."""
        return blueprint_in(self.text)


class Resource(models.Model):
    """An instance as a blueprint made it: what was asked for when it last succeeded."""

    instance = models.OneToOneField(
        Instance, on_delete=models.PROTECT, primary_key=True, related_name="resource"
    )
    version = models.ForeignKey(
        BlueprintVersion, on_delete=models.PROTECT, related_name="resources"
    )
    parameters = models.JSONField(default=dict)  # as given, without defaults
    place = models.CharField(max_length=63)  # what objects in targets are called after
    generation = models.BigIntegerField(default=1)  # of the instance, when it was made so
    results = models.JSONField(default=list)  # [{label, value, url}] for people; no secrets
    expires_on = models.DateField(null=True)
    warn_on = models.DateField(null=True)  # the day to tell that it ends; null: told
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["instance"]
        indexes = [
            models.Index(
                fields=["expires_on"],
                condition=Q(expires_on__isnull=False),
                name="resource_expiring",
            ),
            models.Index(
                fields=["warn_on"],
                condition=Q(warn_on__isnull=False),
                name="resource_to_warn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance} by {self.version}"


class Draft(models.Model):
    """What somebody typed into a form and has not sent yet; at most one a form and person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    blueprint = models.ForeignKey(Blueprint, on_delete=models.CASCADE, related_name="drafts")
    resource = models.ForeignKey(  # what is to be changed; null: something new is asked for
        Resource, on_delete=models.CASCADE, null=True, related_name="drafts"
    )
    action = models.CharField(max_length=8, blank=True)  # update, upgrade; empty: new
    values = models.JSONField(default=dict)  # as typed; blueprints.formats.typed
    instance_id = models.UUIDField(default=uuid7)  # of what will be made, so plans stay true
    purpose = models.TextField(blank=True)  # the note to the approver
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "blueprint"],
                condition=Q(resource__isnull=True),
                name="draft_once_a_form",
            ),
            models.UniqueConstraint(
                fields=["user", "resource", "action"],
                condition=Q(resource__isnull=False),
                name="draft_once_a_change",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.blueprint_id}"
