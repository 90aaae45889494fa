"""Approving, rejecting and withdrawing."""

from __future__ import annotations

from django.db import transaction

from accounts.actors import Actor
from core import audit, outbox
from core.clock import db_now
from core.errors import Invalid
from core.problems import Problem
from provisioning.jobs import services as jobs
from provisioning.requests import policies
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Approval, Decision, Request
from provisioning.requests.services.staging import close_rest, is_agreed, next_stage, open_stage
from provisioning.requests.states import ApprovalState, RequestState

MAX_NOTE = 2000  # characters


@transaction.atomic
def decide(*, request: Request, actor: Actor, approve: bool, note: str) -> Request:
    """Approve or reject for one side. When all sides agree the work starts; one no ends it.

    Raises:
        NotAllowed: the actor asked for it, or none of its open sides is theirs to decide.
        InvalidTransition: it was decided or withdrawn, or the actor has decided for a side.
        Invalid: a rejection without a note; or what is asked for is not possible any more.
    """
    locked = _lock(request)
    approval = policies.require_decide(actor, locked)
    note = _note(note, approve=approve)
    assert actor.user_id is not None
    Decision.objects.create(
        request=locked,
        approval=approval,
        round=locked.round,
        decided_by_id=actor.user_id,
        instead_of=policies.absent_decider(actor, approval),
        approved=approve,
        note=note,
    )
    _record(locked, actor, "request.approved" if approve else "request.rejected", approval, note)
    if approve:
        _approved(locked, approval, actor)
    else:
        _rejected(locked, approval, note)
    _tell(locked, "request.decided", actor)
    request.refresh_from_db()
    return request


@transaction.atomic
def cancel(*, request: Request, actor: Actor) -> Request:
    """Withdraw a waiting request, or ask its running work to stop and undo itself.

    Raises:
        NotAllowed: neither the requester nor a member of the team it is for.
        InvalidTransition: it is finished.
    """
    policies.require_cancel(actor, request)
    request.refresh_from_db(fields=["state", "operation"])
    _record(request, actor, "request.cancelled")
    if request.state == RequestState.RUNNING and request.operation is not None:
        jobs.request_cancel(operation=request.operation, actor=actor)
    else:
        _move(request, RequestState.CANCELLED)
        close_rest(request)
        kind_of(request).closed(request)
    _tell(request, "request.cancelled", actor)
    return request


def _note(note: str, *, approve: bool) -> str:
    note = note.strip()
    if not approve and not note:
        problem = Problem("/note", "note-missing", "Say why, so that the requester can mend it.")
        raise Invalid("A rejection needs a note.", [problem])
    if len(note) > MAX_NOTE:
        problem = Problem("/note", "too-long", f"At most {MAX_NOTE:,} characters.")
        raise Invalid("The note is too long.", [problem])
    return note


def _lock(request: Request) -> Request:
    """The request as it is now; whoever decides at the same time waits here."""
    return Request.objects.select_for_update(of=("self",)).get(pk=request.pk)


def _approved(request: Request, approval: Approval, actor: Actor) -> None:
    """The side agrees once its quorum does; then the next stage opens, or the work starts."""
    agreed = approval.decisions.filter(approved=True).count()
    if agreed < approval.quorum:
        return
    _settle(approval, ApprovalState.APPROVED)
    following = next_stage(request)
    if following is not None:
        open_stage(request, following)
    elif is_agreed(request):
        _move(request, RequestState.RUNNING)
        request.operation = kind_of(request).approved(request, actor)
        request.save(update_fields=["operation"])


def _rejected(request: Request, approval: Approval, note: str) -> None:
    _settle(approval, ApprovalState.REJECTED)
    close_rest(request)
    _move(request, RequestState.REJECTED, reason=note)
    kind_of(request).closed(request)


def _settle(approval: Approval, state: ApprovalState) -> None:
    approval.state = state
    approval.decided_at = db_now()
    approval.save(update_fields=["state", "decided_at"])


def _move(request: Request, to: RequestState, **fields: str) -> None:
    """Compare-and-swap out of waiting; of two who end it at once, one wins."""
    now = db_now()
    closed = to != RequestState.RUNNING
    waiting = Request.objects.filter(pk=request.pk, state=RequestState.WAITING)
    moved = waiting.update(state=to, decided_at=now, finished_at=now if closed else None, **fields)
    request.refresh_from_db()
    if not moved:
        raise policies.ended(request)


def _record(
    request: Request, actor: Actor, verb: str, approval: Approval | None = None, note: str = ""
) -> None:
    """Into the audit log, before what follows from it writes its own events."""
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="request",
        object_id=request.pk,
        note=note[:500],
        **({"side": approval.side, "stage": approval.stage} if approval else {}),
    )


def _tell(request: Request, verb: str, actor: Actor) -> None:
    outbox.emit(
        verb,
        key=request.pk,
        request_id=str(request.pk),
        state=request.state,
        by=actor.name,
    )
