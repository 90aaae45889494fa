"""Approving, rejecting and withdrawing."""

from __future__ import annotations

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Team
from core import audit, outbox
from core.clock import db_now
from core.errors import Invalid, InvalidTransition
from core.problems import Problem
from provisioning.jobs import services as jobs
from provisioning.requests import policies
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Decision, Request
from provisioning.requests.services.submitting import DECISION_DUE, THEN
from provisioning.requests.states import RequestState


@transaction.atomic
def decide(*, request: Request, actor: Actor, approve: bool, note: str) -> Request:
    """Approve, which starts the work or asks the next team, or reject, which needs a note.

    Raises:
        NotAllowed: the actor asked for it, or is no owner of the deciding team.
        InvalidTransition: somebody else was first, or it was withdrawn.
        Invalid: a rejection without a note; or what is asked for is not possible any more.
    """
    policies.require_decide(actor, request)
    note = note.strip()
    if not approve and not note:
        problem = Problem("/note", "note-missing", "Say why, so that the requester can mend it.")
        raise Invalid("A rejection needs a note.", [problem])
    following = _next_decider(request) if approve else None
    if following is not None:
        _hand_on(request, following)
    else:
        _move(request, RequestState.RUNNING if approve else RequestState.REJECTED, note)
    assert actor.user_id is not None
    Decision.objects.create(
        request=request, decided_by_id=actor.user_id, approved=approve, note=note
    )
    if approve and following is None:
        request.operation = kind_of(request).approved(request, actor)
        request.save(update_fields=["operation"])
    elif not approve:
        kind_of(request).closed(request)
    _tell(request, actor, "request.approved" if approve else "request.rejected", note)
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
    if request.state == RequestState.RUNNING and request.operation is not None:
        jobs.request_cancel(operation=request.operation, actor=actor)
    else:
        _move(request, RequestState.CANCELLED, "")
        kind_of(request).closed(request)
    _tell(request, actor, "request.cancelled", "")
    return request


def _next_decider(request: Request) -> Team | None:
    """The team that decides after this one; one that is gone by now decides no more."""
    slugs = request.subject.get(THEN, ())
    teams = {each.slug: each for each in Team.objects.filter(slug__in=slugs)} if slugs else {}
    return next((teams[slug] for slug in slugs if slug in teams), None)


def _hand_on(request: Request, team: Team) -> None:
    """Let the next team decide; of two who approve at once, one wins."""
    slugs = request.subject[THEN]
    subject = {**request.subject, THEN: slugs[slugs.index(team.slug) + 1 :]}
    waiting = Request.objects.filter(
        pk=request.pk, state=RequestState.WAITING, decider=request.decider_id
    )
    if not waiting.update(decider=team, due_at=db_now() + DECISION_DUE, subject=subject):
        raise _gone(request)
    request.refresh_from_db()


def _move(request: Request, to: RequestState, note: str) -> None:
    """Compare-and-swap from waiting; of two who decide at once, one wins."""
    now = db_now()
    closed = to != RequestState.RUNNING
    waiting = Request.objects.filter(
        pk=request.pk, state=RequestState.WAITING, decider=request.decider_id
    )
    moved = waiting.update(
        state=to,
        decided_at=now,
        finished_at=now if closed else None,
        **({"reason": note} if to == RequestState.REJECTED else {}),
    )
    if not moved:
        raise _gone(request)
    request.refresh_from_db()


def _gone(request: Request) -> InvalidTransition:
    current = Request.objects.get(pk=request.pk)
    label = RequestState(current.state).label.lower()
    if current.state == RequestState.WAITING:
        label = "decided by this team"
    return InvalidTransition(f"R-{current.number} is already {label}.", request=str(request.pk))


def _tell(request: Request, actor: Actor, verb: str, note: str) -> None:
    audit.record(actor=actor.name, verb=verb, kind="request", object_id=request.pk, note=note[:500])
    outbox.emit("request.decided", key=request.pk, request_id=str(request.pk), state=request.state)
