"""Rules that say who decides on requests for access, and their wordings."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Domain
from catalog.products.models import OutputPort
from core.ids import uuid7


class DecisionRuleQuerySet(models.QuerySet["DecisionRule"]):
    def visible_to(self, actor: Actor) -> DecisionRuleQuerySet:
        """Everybody who is logged in knows the rules; those of a port, whoever may see it."""
        if actor.is_visitor:
            return self.none()
        ports = OutputPort.objects.visible_to(actor)
        return self.filter(Q(port__isnull=True) | Q(port__in=ports.order_by().values("pk")))

    def in_force(self) -> DecisionRuleQuerySet:
        return self.filter(retired_at__isnull=True)


class DecisionRule(models.Model):
    """Who decides, in one part of the company: a port, a domain, a class, or all of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    port = models.ForeignKey(
        OutputPort, on_delete=models.CASCADE, null=True, related_name="decision_rules"
    )
    domain = models.ForeignKey(
        Domain, on_delete=models.CASCADE, null=True, related_name="decision_rules"
    )
    classification = models.CharField(max_length=63, blank=True)
    position = models.PositiveSmallIntegerField(default=100)  # the first that holds decides
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)

    objects = DecisionRuleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(port__isnull=True, domain__isnull=True)
                    | Q(port__isnull=True, classification="")
                    | Q(domain__isnull=True, classification="")
                ),
                name="decision_rule_has_one_scope",
            ),
            models.UniqueConstraint(
                fields=["name", "port", "domain", "classification"],
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="decision_rule_once_per_scope",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("requests:rule", kwargs={"pk": self.pk})


class RuleVersion(models.Model):
    """One wording of a rule, which stays as it was written; the newest is in force."""

    rule = models.ForeignKey(DecisionRule, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    condition = models.TextField()  # CEL
    outcome = models.JSONField()  # as formats/outcome.py reads it
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once")]

    def __str__(self) -> str:
        return f"{self.rule} {self.number}"
