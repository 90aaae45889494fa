"""The ledger: what exists, what is being done to it, and every effect that was made."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Domain, Team
from core.ids import uuid7
from provisioning.jobs.states import (
    ALARM_AT,
    TERMINAL,
    OperationKind,
    OperationState,
    StepDirection,
    StepState,
)


class InstanceQuerySet(models.QuerySet["Instance"]):
    def visible_to(self, actor: Actor) -> InstanceQuerySet:
        """Instances of the actor's teams and domains; platform and stewards see all."""
        if actor.sees_all_metadata:
            return self
        return self.filter(Q(owner__in=actor.team_ids) | Q(domain__in=actor.owned_domain_ids))

    def alive(self) -> InstanceQuerySet:
        """Those that are there, or that a job is at work on."""
        at_work = Operation.objects.active().filter(instance=models.OuterRef("pk"))
        return self.filter(~Q(observed_state="absent") | models.Exists(at_work))


class Instance(models.Model):
    """Something that exists, or shall exist, in a target; never deleted while it may be there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)  # data-product, grant
    name = models.CharField(max_length=300)
    plan = models.CharField(max_length=80, blank=True)  # blueprint@version
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="instances")
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="instances")
    desired_spec = models.JSONField(default=dict)
    generation = models.BigIntegerField(default=1)
    observed_generation = models.BigIntegerField(default=0)
    observed_state = models.CharField(max_length=12, default="absent")  # absent, present, unknown
    fence = models.BigIntegerField(default=0)
    driver = models.CharField(max_length=40)
    driver_version = models.CharField(max_length=20)
    external_ref = models.CharField(max_length=300, blank=True)
    deletion_requested_at = models.DateTimeField(null=True)
    reconcile_at = models.DateTimeField(null=True)  # when to look at the target again
    looks = models.PositiveIntegerField(default=0, db_default=0)  # since the last operation
    drift = models.JSONField(default=list, db_default=[])  # [{"what", "kind", "name"}] of that look
    looked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = InstanceQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="instance_by_age"),
            models.Index(
                fields=["reconcile_at"],
                condition=Q(reconcile_at__isnull=False),
                name="instance_to_look_at",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(observed_state__in=["absent", "present", "unknown"]),
                name="instance_observed_state_known",
            ),
            models.CheckConstraint(
                condition=Q(observed_generation__lte=F("generation")),
                name="instance_observes_no_future",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("jobs:resource", kwargs={"instance_id": self.pk})

    @property
    def kind_words(self) -> str:
        """`data-product` as people say it."""
        return self.kind.replace("-", " ")

    @property
    def look(self) -> tuple[str, str]:
        """Its state as a word and a tone."""
        if self.observed_state == "unknown":
            return "Unknown", "warn"
        if self.observed_state == "absent":
            return ("Removed", "") if self.deletion_requested_at else ("Not made", "open")
        if self.drift:
            return "Differs", "warn"
        is_settled = self.observed_generation == self.generation
        return ("Present", "ok") if is_settled else ("Changing", "info")


class OperationQuerySet(models.QuerySet["Operation"]):
    def visible_to(self, actor: Actor) -> OperationQuerySet:
        """Operations the actor started, and those on instances the actor may see."""
        if actor.sees_all_metadata:
            return self
        return self.filter(
            Q(actor_id=actor.user_id)
            | Q(team__in=actor.team_ids)
            | Q(instance__in=Instance.objects.visible_to(actor))
        )

    def active(self) -> OperationQuerySet:
        return self.exclude(state__in=TERMINAL)

    def stuck(self) -> OperationQuerySet:
        """Those that need an operator; see `Operation.needs_operator`."""
        return self.filter(state=OperationState.COMPENSATING, attempt__gte=ALARM_AT)


class Operation(models.Model):
    """One job on one instance. `spec` is a snapshot without secrets."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    instance = models.ForeignKey(
        Instance, on_delete=models.PROTECT, null=True, related_name="operations"
    )
    kind = models.CharField(max_length=12, choices=OperationKind.choices)
    title = models.CharField(max_length=300)
    actor_id = models.BigIntegerField()  # 0: the portal itself
    actor_name = models.CharField(max_length=150)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, related_name="operations"
    )  # for whom, e.g. the consumer of a grant
    spec = models.JSONField()  # {"steps": [{"name", "driver", "action", "spec"}]}
    driver_versions = models.JSONField(default=dict)  # pinned: {driver: version}
    state = models.CharField(
        max_length=12, choices=OperationState.choices, default=OperationState.QUEUED
    )
    step = models.PositiveIntegerField(default=0)  # next to do
    attempt = models.PositiveIntegerField(default=0)  # of this step
    crashes = models.PositiveIntegerField(default=0)
    fence = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, null=True)  # noqa: DJ001 - null: nobody's
    lease_until = models.DateTimeField(null=True)
    run_after = models.DateTimeField(db_default=Now())
    lane = models.BigIntegerField(default=0, db_default=0)  # the instance's domain: they take turns
    claimed_at = models.DateTimeField(null=True)  # the last time; tells whose turn it was
    nudged_at = models.DateTimeField(null=True)
    nudges = models.PositiveIntegerField(default=0)
    deadline_at = models.DateTimeField()
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.CharField(max_length=150, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(blank=True)
    result = models.JSONField(default=dict)  # links and names for people; no secrets
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["run_after"], condition=~Q(state__in=TERMINAL), name="operation_due"
            ),
            models.Index(
                fields=["lane", "run_after"],
                condition=~Q(state__in=TERMINAL),
                name="operation_due_by_lane",
            ),
            models.Index(
                fields=["lane", "claimed_at"],
                condition=Q(claimed_at__isnull=False),
                name="operation_turn_of_lane",
            ),
            models.Index(fields=["instance", "-created_at"], name="operation_by_instance"),
            models.Index(fields=["-created_at", "id"], name="operation_by_age"),
            models.Index(fields=["state", "-created_at", "id"], name="operation_by_state"),
            models.Index(fields=["actor_id", "-created_at"], name="operation_by_actor"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["instance"], condition=~Q(state__in=TERMINAL), name="operation_one_active"
            ),
            models.CheckConstraint(
                condition=Q(state__in=TERMINAL, finished_at__isnull=False)
                | (~Q(state__in=TERMINAL) & Q(finished_at__isnull=True)),
                name="operation_finished_iff_terminal",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=TERMINAL) | Q(lease_owner__isnull=True),
                name="operation_terminal_has_no_lease",
            ),
            models.CheckConstraint(
                condition=Q(kind=OperationKind.CHECK, instance__isnull=True)
                | (~Q(kind=OperationKind.CHECK) & Q(instance__isnull=False)),
                name="operation_only_checks_lack_instance",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OperationState.values), name="operation_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("jobs:operation", args=[self.pk])

    @property
    def deadline_s(self) -> float:
        """How long it may take from the moment it was accepted."""
        return (self.deadline_at - self.created_at).total_seconds()

    @property
    def is_finished(self) -> bool:
        return self.state in TERMINAL

    @property
    def needs_operator(self) -> bool:
        """It goes on trying to undo, but people should look at it."""
        return self.state == OperationState.COMPENSATING and self.attempt >= ALARM_AT


class OperationStep(models.Model):
    """One step; `intent` is committed before the driver is called (write-ahead)."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="steps")
    n = models.PositiveIntegerField()
    direction = models.CharField(
        max_length=8, choices=StepDirection.choices, default=StepDirection.FORWARD
    )
    name = models.CharField(max_length=200)
    driver = models.CharField(max_length=40)
    action = models.CharField(max_length=40)
    spec = models.JSONField(default=dict)
    effect_key = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=StepState.choices, default=StepState.PENDING)
    fence = models.BigIntegerField(default=0)
    summary = models.TextField(blank=True)
    progress = models.JSONField(default=dict, db_default={})  # of `Pending`, for the next call
    pending_since = models.DateTimeField(null=True)  # when the target first said that it goes on
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["operation", "n", "direction"], name="step_once"),
            models.CheckConstraint(
                condition=Q(state__in=StepState.values), name="step_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Effect(models.Model):
    """Something that a step made in a target; the ledger of what can be repaired and revoked."""

    id = models.BigAutoField(primary_key=True)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="effects")
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="effects")
    step_n = models.PositiveIntegerField()
    driver = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)  # schema, table, role, grant, product, contract ...
    name = models.CharField(max_length=700)
    attributes = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "driver", "kind", "name"],
                condition=Q(removed_at__isnull=True),
                name="effect_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class OperationLog(models.Model):
    """A line of an operation's log; transitions are lines of source `job` with a state."""

    id = models.BigAutoField(primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="log_lines")
    at = models.DateTimeField(db_default=Now())
    level = models.CharField(max_length=8)  # info, warning, error
    source = models.CharField(max_length=40)
    text = models.TextField()
    state = models.CharField(max_length=12, blank=True)  # set on transitions
    fence = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["operation", "id"], name="log_by_operation")]

    def __str__(self) -> str:
        return self.text


class ScheduleTick(models.Model):
    """A tick of a schedule, taken by whichever process inserted it first."""

    schedule = models.CharField(max_length=60)
    tick_at = models.DateTimeField()
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "tick_at"], name="schedule_tick_once")
        ]

    def __str__(self) -> str:
        return f"{self.schedule} {self.tick_at}"


class Orphan(models.Model):
    """Something in a target with our label, of an instance that is not there (any more)."""

    driver = models.CharField(max_length=40)
    target = models.CharField(max_length=63, blank=True, db_default="")  # empty: the built-in one
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=700)
    instance_id = models.UUIDField()
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["driver", "target", "kind", "name"], name="orphan_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Worker(models.Model):
    """A process that claims operations; for display and readiness only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    version = models.CharField(max_length=20)
    started_at = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["last_seen"], name="worker_by_last_seen")]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
