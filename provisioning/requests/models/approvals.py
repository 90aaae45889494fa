"""Who has to agree, what they decided, and who decides for whom while somebody is away."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Membership, Team, User
from accounts.states import PortalRole, TeamRole
from provisioning.requests.states import ApprovalState

DECIDING_ROLES = (PortalRole.STEWARD, PortalRole.PLATFORM)


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def in_force(self) -> DelegationQuerySet:
        """Those that run now, of people who are still there."""
        running = self.filter(starts_at__lte=Now(), ends_at__gt=Now())
        return running.filter(from_user__is_active=True)

    def lent_to(self, actor: Actor) -> DelegationQuerySet:
        return self.none() if actor.is_service else self.filter(to_user_id=actor.user_id)

    def visible_to(self, actor: Actor) -> DelegationQuerySet:
        """The two people, and administrators; a team's token is neither."""
        if actor.is_service:
            return self.none()
        if actor.is_admin:
            return self
        return self.of(actor)

    def of(self, actor: Actor) -> DelegationQuerySet:
        """In which the actor is one of the two."""
        return self.filter(Q(from_user_id=actor.user_id) | Q(to_user_id=actor.user_id))


class Delegation(models.Model):
    """While `from_user` is away, `to_user` decides in their place."""

    from_user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations")
    to_user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_held")
    starts_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-ends_at", "id"]
        indexes = [models.Index(fields=["to_user", "ends_at"], name="delegation_by_deputy")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_user=F("to_user")), name="delegation_to_another"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="delegation_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to_user} for {self.from_user}"


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def concerning(self, actor: Actor) -> ApprovalQuerySet:
        """Those of the actor's teams, and those that they may decide for somebody else."""
        late = Q(escalated_at__isnull=False, escalate_team__in=actor.team_ids)
        lent = Q(_lent_to(actor), state=ApprovalState.WAITING)
        return self.filter(Q(team__in=actor.team_ids) | late | lent)

    def open_to(self, actor: Actor) -> ApprovalQuerySet:
        """Waiting ones that `actor` may decide: not on their own request, and one side of each."""
        others = self.filter(state=ApprovalState.WAITING).exclude(
            request__requester_id=actor.user_id
        )
        mine = Decision.objects.filter(
            request=OuterRef("request"), round=OuterRef("round"), decided_by_id=actor.user_id
        )
        undecided = others.filter(~Exists(mine))
        return undecided if actor.is_admin else undecided.filter(_held_by(actor) | _lent_to(actor))


class Approval(models.Model):
    """One side that has to agree: the owners of a team, or everybody of a role."""

    request = models.ForeignKey(
        "requests.Request", on_delete=models.CASCADE, related_name="approvals"
    )
    round = models.PositiveSmallIntegerField(default=1)  # a request that is amended starts anew
    stage = models.PositiveSmallIntegerField(default=1)  # sides of one stage decide side by side
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="approvals")
    role = models.CharField(max_length=12, blank=True)  # a PortalRole, where it is no team
    quorum = models.PositiveSmallIntegerField(default=1)  # people who have to agree
    state = models.CharField(
        max_length=8, choices=ApprovalState.choices, default=ApprovalState.PLANNED
    )
    hours = models.PositiveSmallIntegerField(default=24)  # to decide in
    escalate_team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, related_name="approvals_overdue"
    )  # decides too, once it is overdue
    escalate_role = models.CharField(max_length=12, blank=True)
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)  # by the requester
    decided_at = models.DateTimeField(null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["request", "round", "stage", "id"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="approval_waiting_by_due"
            ),
            models.Index(fields=["team", "request"], name="approval_by_team"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=False, role="")
                | Q(team__isnull=True, role__in=DECIDING_ROLES),
                name="approval_is_of_a_team_or_a_role",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApprovalState.values), name="approval_state_known"
            ),
            models.CheckConstraint(
                condition=Q(escalate_role__in=["", *DECIDING_ROLES]),
                name="approval_goes_on_to_a_known_role",
            ),
            models.CheckConstraint(condition=Q(quorum__gte=1), name="approval_needs_somebody"),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(opened_at__isnull=False, due_at__isnull=False),
                name="approval_waits_until_a_time",
            ),
            models.UniqueConstraint(
                fields=["request", "round", "stage", "team", "role"],
                nulls_distinct=False,
                name="approval_once_per_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side}: {self.get_state_display()}"

    @property
    def side(self) -> str:
        """Who it is, as people say it."""
        return self.team.name if self.team is not None else ROLE_NAMES[self.role]


class Decision(models.Model):
    """What somebody decided for one side; append-only, and one person decides for one side."""

    request = models.ForeignKey(
        "requests.Request", on_delete=models.CASCADE, related_name="decisions"
    )
    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="decisions")
    round = models.PositiveSmallIntegerField(default=1)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions")
    instead_of = models.ForeignKey(  # whose deputy decided
        User, on_delete=models.PROTECT, null=True, related_name="decisions_by_deputies"
    )
    approved = models.BooleanField()
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "round", "decided_by"], name="decision_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {'approved' if self.approved else 'rejected'}"


ROLE_NAMES: dict[str, str] = {
    PortalRole.STEWARD: "The stewards",
    PortalRole.PLATFORM: "The platform team",
}


def _held_by(actor: Actor) -> Q:
    """Sides that the actor decides by their own right; an overdue one also where it went on to."""
    sides, late = Q(team__in=actor.owner_team_ids), Q(escalate_team__in=actor.owner_team_ids)
    if actor.role in DECIDING_ROLES:
        sides, late = sides | Q(role=actor.role), late | Q(escalate_role=actor.role)
    return sides | (Q(escalated_at__isnull=False) & late)


def _lent_to(actor: Actor) -> Q:
    """Sides of somebody who is away and named the actor; never of that one's own request."""
    lending = Delegation.objects.in_force().lent_to(actor).order_by()
    owning = Membership.objects.filter(
        role=TeamRole.OWNER, team=OuterRef("team"), user__in=lending.values("from_user")
    ).exclude(user=OuterRef("request__requester"))
    holding = lending.filter(from_user__portal_role=OuterRef("role")).exclude(
        from_user=OuterRef("request__requester")
    )
    return Q(Exists(owning)) | Q(Exists(holding))
