"""How secret data is: the one list that the company uses."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import SLUG_PATTERN


class ClassificationLevel(models.Model):
    """One class; the greater its rank, the fewer people may read."""

    slug = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    rank = models.PositiveSmallIntegerField()
    meaning = models.TextField(blank=True)
    # whoever asks to read names why personal data may be processed
    needs_legal_basis = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True)  # may be chosen for something new

    class Meta:
        ordering = ["rank", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG_PATTERN), name="classification_slug_valid"
            )
        ]

    def __str__(self) -> str:
        return self.name
