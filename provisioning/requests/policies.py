"""Who may decide on a request, and who may withdraw it."""

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from accounts.models import Domain, User
from accounts.policies import can_act_for_team, can_decide_for_team, owns_domain
from accounts.states import PortalRole, TeamRole
from catalog.products.models import OutputPort
from core.errors import InvalidTransition, NotAllowed
from provisioning.requests.models import Approval, Delegation, Request
from provisioning.requests.states import IN_VAIN, OPEN, ApprovalState, RequestState


def is_requester(actor: Actor, request: Request) -> bool:
    return request.requester_id == actor.user_id


def can_decide(actor: Actor, request: Request) -> bool:
    """True when one of the sides that it waits for is the actor's to decide."""
    if request.state != RequestState.WAITING or is_requester(actor, request):
        return False
    return Approval.objects.open_to(actor).filter(request=request).exists()


def require_decide(actor: Actor, request: Request) -> Approval:
    """The side that the actor decides for: the first that is theirs.

    Raises:
        NotAllowed: the actor asked for it, or no side that it waits for is theirs.
        InvalidTransition: it waits no more, or the actor has decided for another side.
    """
    if is_requester(actor, request):
        raise NotAllowed("You asked for this yourself, so somebody else has to decide.")
    if request.state != RequestState.WAITING:
        raise ended(request)
    found = Approval.objects.open_to(actor).filter(request=request).select_related("team").first()
    if found is not None:
        return found
    if request.decisions.filter(round=request.round, decided_by_id=actor.user_id).exists():
        raise InvalidTransition("You have decided on this already; now others have to.")
    sides = Approval.objects.filter(request=request, state=ApprovalState.WAITING)
    names = " and ".join(each.side for each in sides.select_related("team"))
    raise NotAllowed(f"{names} decide on this, and you are not one of their deciders.")


def ended(request: Request) -> InvalidTransition:
    """Somebody was quicker."""
    label = RequestState(request.state).label.lower()
    return InvalidTransition(f"R-{request.number} is already {label}.", request=str(request.pk))


def absent_decider(actor: Actor, approval: Approval) -> User | None:
    """The one who is away and in whose place the actor decides; None: by their own right."""
    if holds(actor, approval):
        return None
    lending = Delegation.objects.in_force().lent_to(actor)
    owns = Q(
        from_user__memberships__team=approval.team_id, from_user__memberships__role=TeamRole.OWNER
    )
    side = owns if approval.team_id else Q(from_user__portal_role=approval.role)
    lenders = lending.filter(side).exclude(from_user=approval.request.requester_id)
    found = lenders.select_related("from_user").first()
    return found.from_user if found else None


def holds(actor: Actor, approval: Approval) -> bool:
    """True when the side is the actor's own, or went on to them because it is overdue."""
    own = can_decide_for_team(actor, approval.team_id) or actor.role == approval.role
    return own or is_overdue_for(actor, approval)


def is_overdue_for(actor: Actor, approval: Approval) -> bool:
    """True when the side's time is over and the actor may decide in its place."""
    theirs = approval.escalate_team_id in actor.owner_team_ids
    return approval.escalated_at is not None and (theirs or actor.role == approval.escalate_role)


def can_cancel(actor: Actor, request: Request) -> bool:
    return request.state in OPEN and _may_withdraw(actor, request)


def require_cancel(actor: Actor, request: Request) -> None:
    """Raises:
    NotAllowed: neither the requester nor a member of the team it is for.
    """
    if not _may_withdraw(actor, request):
        raise NotAllowed("Only the requester and their team may cancel this.")


def can_amend(actor: Actor, request: Request) -> bool:
    return is_requester(actor, request) and request.state == RequestState.WAITING


def require_amend(actor: Actor, request: Request) -> None:
    """Raises:
    NotAllowed: somebody else asked for it.
    InvalidTransition: it waits no more.
    """
    if not is_requester(actor, request):
        raise NotAllowed("Only whoever asked may change what is asked for.")
    if request.state != RequestState.WAITING:
        raise ended(request)


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


def can_rule(actor: Actor, port: OutputPort | None, domain: Domain | None) -> bool:
    """Owners of the port or its domain; owners of the domain; else stewards. Admins always."""
    if port is not None:
        product = port.product
        return can_decide_for_team(actor, product.owner_id) or owns_domain(actor, product.domain)
    if domain is not None:
        return owns_domain(actor, domain)
    return actor.is_admin or actor.role == PortalRole.STEWARD


def require_rule(actor: Actor, port: OutputPort | None, domain: Domain | None) -> None:
    """Raises: NotAllowed."""
    if can_rule(actor, port, domain):
        return
    if port is not None:
        raise NotAllowed(f"Only owners of {port.product.owner.name} say who decides on this port.")
    if domain is not None:
        raise NotAllowed(f"Only the owners of {domain.name} say who decides in it.")
    raise NotAllowed("Only stewards say who decides for a class or the whole company.")


def ruled_domains(actor: Actor) -> QuerySet[Domain]:
    """The domains for which the actor may write rules."""
    domains = Domain.objects.all()
    return domains if actor.is_admin else domains.filter(pk__in=actor.owned_domain_ids)


def can_rule_somewhere(actor: Actor) -> bool:
    """True when there is any part of the company for which the actor may write rules."""
    owns = bool(actor.owned_domain_ids or actor.owner_team_ids)
    return owns or can_rule(actor, None, None)
