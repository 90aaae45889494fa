"""Rules as code: what they ask for, their versions, and who keeps them today."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Domain, Team
from catalog.governance.states import SUBJECT_KINDS, Outcome, PolicyState, Severity
from core.ids import uuid7


class PolicyQuerySet(models.QuerySet["Policy"]):
    def visible_to(self, actor: Actor) -> PolicyQuerySet:
        """Rules are known to everybody who is logged in."""
        return self.none() if actor.is_visitor else self


class Policy(models.Model):
    """A rule on products or contracts; a domain may have its own beside the company's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=63, unique=True)
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="policies")
    subject = models.CharField(max_length=12)  # product, contract
    domain = models.ForeignKey(  # null: the whole company's
        Domain, on_delete=models.PROTECT, null=True, blank=True, related_name="policies"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name="policy_slug_valid"),
            models.CheckConstraint(
                condition=Q(subject__in=SUBJECT_KINDS), name="policy_subject_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("governance:policy", kwargs={"slug": self.slug})


class PolicyVersion(models.Model):
    """One wording of a rule. Only its state and its grace ever change; a trigger sees to that."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    rule = models.TextField()  # CEL
    words = models.TextField()  # the rule as people say it
    mend = models.TextField()  # what to do when it is not kept
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MEDIUM)
    state = models.CharField(max_length=8, choices=PolicyState.choices, default=PolicyState.DRAFT)
    grace_until = models.DateField(null=True, blank=True)  # enforced, but only warns until then
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state="enforced"), name="policy_enforced_once"
            ),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state="draft"), name="policy_draft_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=PolicyState.values), name="policy_version_state_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="policy_version_severity_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"


class Evaluation(models.Model):
    """What the version in force says of one published subject; the newest answer only."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="evaluations")
    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="+")
    subject_id = models.UUIDField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=300, blank=True)  # why it could not be evaluated
    since = models.DateTimeField()  # this outcome holds since
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["policy", "outcome", "subject_id"], name="evaluation_by_outcome"),
            models.Index(fields=["subject_id"], name="evaluation_by_subject"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["policy", "subject_id"], name="evaluation_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="evaluation_outcome_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.outcome} {self.subject_id}"
