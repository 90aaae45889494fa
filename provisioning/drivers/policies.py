"""Who may register, change and check targets."""

from accounts.actors import Actor
from accounts.models import Team
from accounts.policies import can_decide_for_team
from accounts.states import PortalRole
from core.errors import NotAllowed
from provisioning.drivers.models import Target


def can_change_target(actor: Actor, target: Target) -> bool:
    """True for owners of the team that owns it."""
    return can_decide_for_team(actor, target.owner_id)


def require_target_for(actor: Actor, team: Team) -> None:
    """`actor` may give `team` a target, change or retire one of it."""
    if not can_decide_for_team(actor, team.pk):
        raise NotAllowed(f"Only owners of {team.name} may do this.", team=team.slug)


def can_check_target(actor: Actor, target: Target) -> bool:
    """True for who may change it, and platform engineers."""
    return can_change_target(actor, target) or actor.role == PortalRole.PLATFORM


def require_check(actor: Actor, target: Target) -> None:
    if not can_check_target(actor, target):
        raise NotAllowed(
            f"Only owners of {target.owner.name} and platform engineers may do this.",
            target=target.slug,
        )
