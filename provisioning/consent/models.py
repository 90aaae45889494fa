"""Questions to the holders of grants about announced changes that break what they read."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from catalog.contracts.models import ContractVersion
from core.subqueries import one_of
from provisioning.access.models import Grant
from provisioning.access.states import LIVE
from provisioning.consent.states import HOLDING, ConsentState


class ConsentQuerySet(models.QuerySet["Consent"]):
    def visible_to(self, actor: Actor) -> ConsentQuerySet:
        """Those who may see the grant."""
        if actor.sees_all_metadata:
            return self
        return self.filter(one_of("grant", Grant.objects.visible_to(actor).order_by()))

    def to_answer_by(self, actor: Actor) -> ConsentQuerySet:
        """Not answered yet, of live grants of consumers in whose name the actor may speak."""
        asked = self.filter(state=ConsentState.OPEN, grant__state__in=LIVE)
        if actor.is_admin:
            return asked
        return asked.filter(
            Q(grant__consumer_user_id=actor.user_id)
            | Q(grant__consumer_team__in=actor.contributor_team_ids)
            | Q(grant__consumer_product__owner__in=actor.contributor_team_ids)
        )

    def for_lists(self) -> ConsentQuerySet:
        """With everything that a row names, in one query."""
        named = self.select_related(
            "version",
            "answered_by",
            "grant__port__product__owner",
            "grant__consumer_team",
            "grant__consumer_user",
            "grant__consumer_product__owner",
        )
        return named.defer("version__text", "version__document")


class Consent(models.Model):
    """One grant, one version to which its port shall move: what its consumer says to that."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="consents")
    version = models.ForeignKey(ContractVersion, on_delete=models.CASCADE, related_name="+")
    on = models.DateField()  # the day of the move, as it was last announced
    state = models.CharField(max_length=9, choices=ConsentState.choices, default=ConsentState.OPEN)
    wants_until = models.DateField(null=True)  # of state `time`: the move may come after this day
    note = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="consents"
    )
    answered_at = models.DateTimeField(null=True)
    overruled_by = models.CharField(max_length=150, blank=True)
    overruled_why = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["version"],
                condition=Q(state__in=sorted(HOLDING)),
                name="consent_holding",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["grant", "version"], name="consent_once"),
            models.CheckConstraint(
                condition=Q(state__in=ConsentState.values), name="consent_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=ConsentState.TIME) | Q(wants_until__isnull=False),
                name="consent_time_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.version_id}: {self.state}"

    @property
    def is_live(self) -> bool:
        """An answer still counts."""
        return self.state != ConsentState.MOOT
