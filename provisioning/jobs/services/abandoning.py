"""The end of an undoing that does not end by itself (RELIABILITY §2)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.actors import Actor
from core import audit
from core.clock import db_now
from core.errors import Conflict, Invalid, InvalidTransition
from core.problems import Problem
from provisioning.jobs import policies
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.selectors import left_over
from provisioning.jobs.services.moves import NO_LEASE, clean, finish, note
from provisioning.jobs.states import OperationState

LONGEST_REASON = 500


@transaction.atomic
def abandon(*, operation: Operation, actor: Actor, reason: str) -> Operation:
    """End an operation that cannot be undone, and put on record what stays in the target.

    The instance counts as `unknown` from then on; its objects stay in the ledger. A worker that is
    still at it writes nothing more: the fence has gone on.

    Args:
        reason: who takes care of what is left, and how; 1 to 500 characters.

    Raises:
        NotAllowed: the actor is no platform engineer.
        Invalid: no reason, or one that is too long.
        InvalidTransition: it is not stuck while undoing.
        Conflict: a worker tries at this moment.
    """
    policies.require_abandon(actor, operation)
    reason = _checked(reason)
    operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    if not operation.needs_operator:
        raise InvalidTransition(
            "Only a job that was tried again and again without being undone is abandoned.",
            state=operation.state,
        )
    if operation.lease_until is not None and operation.lease_until > db_now():
        raise Conflict("A worker is trying it at this moment; look again in a minute.")
    left = left_over(operation)
    _fence_off(operation)
    why = f"Given up by {actor.name}: {reason} It had failed: {operation.error_text}"
    result = {**operation.result, "left_over": left}
    Operation.objects.filter(pk=operation.pk).update(
        error_code="abandoned", error_text=why[:2000], result=result
    )
    operation.refresh_from_db()
    audit.record(
        actor=actor.name,
        verb="operation.abandoned",
        kind="operation",
        object_id=operation.pk,
        reason=reason,
        left_over=left,
    )
    names = ", ".join(f"{each['kind']} {each['name']}" for each in left) or "nothing that is known"
    note(operation, f"{actor.name} gave up undoing; left in the target: {names}", level="error")
    finish(operation, OperationState.FAILED, f"abandoned: {reason}")
    return operation


def _checked(reason: str) -> str:
    text = clean(reason).strip()
    if not text:
        problem = Problem("/reason", "required", "Say who takes care of what is left, and how.")
        raise Invalid("A reason is needed.", [problem])
    if len(text) > LONGEST_REASON:
        problem = Problem("/reason", "too-long", f"Use {LONGEST_REASON} characters at most.")
        raise Invalid("The reason is too long.", [problem])
    return text


def _fence_off(operation: Operation) -> None:
    changes: dict[str, Any] = {"fence": F("fence") + 1, "observed_state": "unknown"}
    instance = Instance.objects.filter(operations=operation)
    instance.update(**changes)
    fence = instance.values_list("fence", flat=True).get()
    Operation.objects.filter(pk=operation.pk).update(fence=fence, **NO_LEASE)
