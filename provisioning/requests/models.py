"""Requests and the decisions on them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Team, User
from core.ids import uuid7
from provisioning.jobs.models import Operation
from provisioning.requests.states import RequestKind, RequestState


class NextNumber(models.Func):
    """The next request number, from a sequence: gaps are allowed, repeats are not."""

    template = "nextval('requests_request_number')"
    output_field = models.BigIntegerField()


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, actor: Actor) -> RequestQuerySet:
        """The requester, their team, the team that decides, stewards, platform and admins."""
        if actor.sees_all_metadata:
            return self
        return self.filter(
            Q(requester_id=actor.user_id)
            | Q(team__in=actor.team_ids)
            | Q(decider__in=actor.team_ids)
        )

    def decidable_by(self, actor: Actor) -> RequestQuerySet:
        """Waiting requests that `actor` may decide; nobody decides alone on their own."""
        waiting = self.filter(state=RequestState.WAITING).exclude(requester_id=actor.user_id)
        return waiting if actor.is_admin else waiting.filter(decider__in=actor.owner_team_ids)


class Request(models.Model):
    """Somebody asks for something; an operation exists only once it is decided."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextNumber())  # shown as R-<number>
    kind = models.CharField(max_length=8, choices=RequestKind.choices)
    title = models.CharField(max_length=300)
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="requests")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="requests")
    decider = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, related_name="requests_to_decide"
    )  # null: decided by rule
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
    reason = models.TextField(blank=True)  # why it needs no decision, was rejected or failed
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["requester", "-number"], name="request_by_requester"),
            models.Index(fields=["team", "-number"], name="request_by_team"),
            models.Index(
                fields=["decider", "due_at"],
                condition=Q(state="waiting"),
                name="request_waiting_by_decider",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="request_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.WAITING) | Q(decider__isnull=False),
                name="request_waits_for_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"R-{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("requests:request", kwargs={"pk": self.pk})


class Decision(models.Model):
    """What somebody decided on a request; append-only."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="decisions")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions")
    approved = models.BooleanField()
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.request_id} {'approved' if self.approved else 'rejected'}"
