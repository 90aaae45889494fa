"""What the company agreed on: its words."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Domain, Team
from core.ids import uuid7


class TermQuerySet(models.QuerySet["Term"]):
    def visible_to(self, actor: Actor) -> TermQuerySet:
        """Terms are known to everybody who is logged in."""
        return self.none() if actor.is_visitor else self


class Term(models.Model):
    """A business term with its meaning; a domain may have its own beside the company's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=63)
    name = models.CharField(max_length=120)
    definition = models.TextField()  # Markdown
    synonyms = ArrayField(models.CharField(max_length=120), default=list)
    domain = models.ForeignKey(  # null: the whole company's
        Domain, on_delete=models.PROTECT, null=True, blank=True, related_name="terms"
    )
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="terms")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = TermQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "slug"], name="term_slug_once_per_domain"),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(domain__isnull=True),
                name="term_slug_once_in_the_company",
            ),
            models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name="term_slug_valid"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("governance:term", kwargs={"term_id": self.pk})
