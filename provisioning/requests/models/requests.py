"""What somebody asked for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Team, User
from core.ids import uuid7
from core.subqueries import one_of
from provisioning.jobs.models import Operation
from provisioning.requests.models.approvals import Approval, Decision
from provisioning.requests.states import ApprovalState, RequestKind, RequestState


class NextNumber(models.Func):
    """The next request number, from a sequence: gaps are allowed, repeats are not."""

    template = "nextval('requests_request_number')"
    output_field = models.BigIntegerField()


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, actor: Actor) -> RequestQuerySet:
        """The requester, their team, who decides, stewards, platform and admins."""
        if actor.sees_all_metadata:
            return self
        sides = Approval.objects.concerning(actor).order_by()
        return self.filter(
            Q(requester_id=actor.user_id)
            | Q(team__in=actor.team_ids)
            | Q(one_of("pk", sides, key="request"))
        )

    def whose(self, whose: str, actor: Actor) -> RequestQuerySet:
        """`mine`: asked for by the actor; `team`: for their teams; `decided`: by them; else all."""
        if whose == "mine":
            return self.filter(requester_id=actor.user_id)
        if whose == "decided":
            mine = Decision.objects.filter(decided_by_id=actor.user_id).order_by()
            return self.filter(one_of("pk", mine, key="request"))
        return self.filter(team__in=actor.team_ids) if whose == "team" else self

    def decidable_by(self, actor: Actor) -> RequestQuerySet:
        """Waiting requests of which a side is the actor's to decide."""
        sides = Approval.objects.open_to(actor).order_by()
        return self.filter(pk__in=sides.values("request"))

    def with_sides(self) -> RequestQuerySet:
        """With who asked and everybody who has to agree; one statement more."""
        return self.select_related("requester", "team").prefetch_related(
            "approvals__team", "approvals__escalate_team"
        )


class Request(models.Model):
    """Somebody asks for something; an operation exists only once it is decided."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextNumber())  # shown as R-<number>
    kind = models.CharField(max_length=8, choices=RequestKind.choices)
    title = models.CharField(max_length=300)
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="requests")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="requests")
    purpose = models.TextField(blank=True)
    parameters = models.JSONField(default=dict)
    # of kind service: {"blueprint": slug, "version": n}; of kind access: {"port": fqn}
    subject = models.JSONField(default=dict)
    instance_id = models.UUIDField(default=uuid7)
    state = models.CharField(
        max_length=9, choices=RequestState.choices, default=RequestState.WAITING
    )
    operation = models.ForeignKey(
        Operation, on_delete=models.PROTECT, null=True, related_name="requests"
    )
    round = models.PositiveSmallIntegerField(default=1)  # further ones after it was amended
    reason = models.TextField(blank=True)  # why it needs no decision, was rejected or failed
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["requester", "-number"], name="request_by_requester"),
            models.Index(fields=["team", "-number"], name="request_by_team"),
            models.Index(
                KeyTransform("product_id", "subject"),
                condition=Q(state="waiting"),
                name="request_waiting_by_product",
            ),
            models.Index(  # how requests for a product were decided
                KeyTransform("product_id", "subject"),
                condition=Q(kind="access"),
                name="request_by_product",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="request_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"R-{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("requests:request", kwargs={"pk": self.pk})

    @property
    def open_approvals(self) -> list[Approval]:
        """Those that it waits for; of `with_sides` no further statement."""
        return [each for each in self.approvals.all() if each.state == ApprovalState.WAITING]
