"""Who may decide on a request, and who may withdraw it."""

from accounts.actors import Actor
from accounts.policies import can_act_for_team, can_decide_for_team
from core.errors import InvalidTransition, NotAllowed
from provisioning.requests.models import Request
from provisioning.requests.states import IN_VAIN, OPEN, RequestState


def is_requester(actor: Actor, request: Request) -> bool:
    return request.requester_id == actor.user_id


def can_decide(actor: Actor, request: Request) -> bool:
    """True for owners of the deciding team, but never for the one who asked."""
    return (
        request.state == RequestState.WAITING
        and not is_requester(actor, request)
        and can_decide_for_team(actor, request.decider_id)
    )


def require_decide(actor: Actor, request: Request) -> None:
    """Rights only; whether the request still waits is the service's guarded update.

    Raises:
        NotAllowed: the actor asked for it, or is no owner of the deciding team.
    """
    if is_requester(actor, request):
        raise NotAllowed("You asked for this yourself, so somebody else has to decide.")
    if not can_decide_for_team(actor, request.decider_id):
        decider = request.decider
        name = decider.name if decider else "the portal"
        raise NotAllowed(f"{name} decides on this, and you are not one of its owners.")


def can_cancel(actor: Actor, request: Request) -> bool:
    return request.state in OPEN and _may_withdraw(actor, request)


def require_cancel(actor: Actor, request: Request) -> None:
    """Raises:
    NotAllowed: neither the requester nor a member of the team it is for.
    """
    if not _may_withdraw(actor, request):
        raise NotAllowed("Only the requester and their team may cancel this.")


def can_start_over(actor: Actor, request: Request) -> bool:
    """Of what came to nothing, whoever asked may ask again."""
    return is_requester(actor, request) and request.state in IN_VAIN


def require_start_over(actor: Actor, request: Request) -> None:
    """Raises:
    NotAllowed: somebody else asked for it.
    InvalidTransition: it waits, is at work, or succeeded.
    """
    if not is_requester(actor, request):
        raise NotAllowed("Only whoever asked may start over.")
    if request.state not in IN_VAIN:
        raise InvalidTransition("Only what was rejected, cancelled or failed can be started over.")


def _may_withdraw(actor: Actor, request: Request) -> bool:
    return is_requester(actor, request) or can_act_for_team(actor, request.team_id)
