"""Reads over operations: what the live page and REST show."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q
from django.db.models.functions import Now

from accounts.actors import Actor
from core.clock import db_now
from provisioning.jobs import policies
from provisioning.jobs.models import (
    Effect,
    Instance,
    InstanceQuerySet,
    Operation,
    OperationLog,
    OperationQuerySet,
    OperationStep,
    Orphan,
    Worker,
)
from provisioning.jobs.states import (
    ALARM_AT,
    OperationKind,
    OperationState,
    StepDirection,
    StepState,
)

LOG_LINES = 500  # of one answer; the cursor goes on from there
HEARD_OF = dt.timedelta(minutes=2)
MOST_WORKERS = 100
LEFT = 100  # objects and steps that are named


@dataclass(frozen=True)
class OperationView:
    """One operation as it stands at `now` (the database's clock), with its log after a cursor."""

    operation: Operation
    now: dt.datetime
    steps: list[OperationStep]
    lines: list[OperationLog]
    next_after: int
    effects: int

    @property
    def forward(self) -> list[OperationStep]:
        return [step for step in self.steps if step.direction == StepDirection.FORWARD]

    @property
    def done(self) -> int:
        """Steps that are done and not undone."""
        undone = {
            step.n
            for step in self.steps
            if step.direction == StepDirection.BACKWARD and step.state == StepState.VERIFIED
        }
        return sum(
            step.state == StepState.VERIFIED and step.n not in undone for step in self.forward
        )

    @property
    def running_for(self) -> dt.timedelta | None:
        """From the first claim to the end, or to now."""
        if self.operation.started_at is None:
            return None
        return (self.operation.finished_at or self.now) - self.operation.started_at

    @property
    def pending(self) -> OperationStep | None:
        """The step at work, when its target has taken it and goes on by itself."""
        if self.operation.is_finished:
            return None
        undoes = self.operation.state == OperationState.COMPENSATING
        way = StepDirection.BACKWARD if undoes else StepDirection.FORWARD
        begun = (s for s in self.steps if s.direction == way and s.state == StepState.INTENT)
        return next((step for step in begun if step.pending_since), None)

    @property
    def waits_for_target(self) -> bool:
        """The target goes on by itself, and nothing has failed since it said so."""
        return self.pending is not None and self.operation.attempt == 0

    @property
    def next_try_at(self) -> dt.datetime | None:
        waits = self.operation.state in {OperationState.RETRY_WAIT, OperationState.COMPENSATING}
        due = self.operation.run_after
        return due if waits and due > self.now else None

    @property
    def revision(self) -> str:
        """Changes whenever something but the log and the clock does."""
        facts = [self.operation.state, self.operation.attempt, self.effects, self.next_try_at]
        facts += [self.operation.cancel_requested_at is not None]
        facts += [(step.n, step.direction, step.state) for step in self.steps]
        facts += [self.pending.summary if self.pending else ""]
        return f"{zlib.crc32(repr(facts).encode()):08x}"


def operations_for(actor: Actor) -> OperationQuerySet:
    """Operations that `actor` may see, with all that their page names."""
    return Operation.objects.visible_to(actor).select_related(
        "instance__owner", "instance__domain", "team"
    )


def view_of(operation: Operation, *, after: int = 0, first: int = LOG_LINES) -> OperationView:
    """The operation with its steps, effects and up to `first` log lines after `after`.

    Cost: four SQL statements, whatever the length of the log.
    """
    lines = list(OperationLog.objects.filter(operation=operation, id__gt=after)[:first])
    return OperationView(
        operation=operation,
        now=db_now(),
        steps=list(operation.steps.order_by("direction", "n")),
        lines=lines,
        next_after=lines[-1].pk if lines else after,
        effects=Effect.objects.filter(operation=operation, removed_at=None).count(),
    )


def resources_for(actor: Actor, *, present_only: bool = False) -> InstanceQuerySet:
    """Instances that `actor` may see, with what is there of each."""
    there = Effect.objects.filter(removed_at=None)
    instances = Instance.objects.visible_to(actor)
    if present_only:
        instances = instances.exclude(observed_state="absent")
    return instances.select_related("owner", "domain").prefetch_related(
        Prefetch("effects", queryset=there, to_attr="present_effects")
    )


def orphans_for(actor: Actor) -> list[Orphan]:
    """What nobody owns, for those who run the platform; nothing for others."""
    if not policies.can_operate(actor):
        return []
    return list(Orphan.objects.order_by("first_seen", "pk")[:LEFT])


def left_over(operation: Operation) -> list[dict[str, str]]:
    """What this operation made and did not take away again, as the ledger has it; and the steps
    that were not undone, since a call that broke off may have made what is not on record.
    """
    effects = Effect.objects.filter(operation=operation, removed_at=None)
    steps = operation.steps.filter(direction=StepDirection.BACKWARD).exclude(
        state=StepState.VERIFIED
    )
    found = [(each.driver, each.kind, each.name) for each in effects[:LEFT]]
    found += [(each.driver, "step", each.name) for each in steps[:LEFT]]
    return [{"driver": driver, "kind": kind, "name": name} for driver, kind, name in found]


@dataclass(frozen=True)
class Queue:
    """The state of the whole ledger, for those who run it. Times by the database's clock."""

    now: dt.datetime
    due: int  # that nobody has taken though their time has come
    running: int  # under a lease
    resting: int  # that wait for their next try
    stuck: int  # that need an operator
    oldest_due: dt.datetime | None
    workers: list[Worker]  # heard of in the last two minutes, the newest first


def queue() -> Queue:
    """Cost: three SQL statements."""
    now = db_now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    due = free & Q(run_after__lte=now)
    counts = Operation.objects.active().aggregate(
        due=Count("pk", filter=due),
        running=Count("pk", filter=Q(lease_until__gt=now)),
        resting=Count("pk", filter=free & Q(run_after__gt=now)),
        stuck=Count("pk", filter=Q(state=OperationState.COMPENSATING, attempt__gte=ALARM_AT)),
        oldest_due=Min("run_after", filter=due),
    )
    workers = Worker.objects.filter(last_seen__gt=now - HEARD_OF).order_by("-started_at", "pk")
    return Queue(now=now, **counts, workers=list(workers[:MOST_WORKERS]))


def at_rest(reference: str, kind: OperationKind, for_so_long: dt.timedelta) -> Q:
    """Rows on whose instance nothing is at work, and no operation of a kind has ended lately.

    Args:
        reference: from the row to the instance, e.g. `grant__instance`.
        kind: what somebody wants to start; one that failed just now is not tried again at once.
    """
    named = Operation.objects.filter(instance=OuterRef(reference))
    lately = named.filter(kind=kind, finished_at__gt=Now() - for_so_long)
    return Q(~Exists(named.active())) & Q(~Exists(lately))
