"""Who may interfere with a running or finished operation."""

from accounts.actors import Actor
from accounts.policies import can_act_for_team
from accounts.states import PortalRole
from core.errors import NotAllowed
from provisioning.jobs.models import Instance, Operation


def can_steer(actor: Actor, operation: Operation) -> bool:
    """True for who started it, those who may act for its teams, and platform engineers."""
    if actor.is_visitor:
        return False
    if actor.is_admin or actor.role == PortalRole.PLATFORM or actor.user_id == operation.actor_id:
        return True
    owner_id = operation.instance.owner_id if operation.instance else None
    return any(
        team_id is not None and can_act_for_team(actor, team_id)
        for team_id in (operation.team_id, owner_id)
    )


def require_steer(actor: Actor, operation: Operation) -> None:
    if not can_steer(actor, operation):
        raise NotAllowed(
            "Only who started this job, its team or a platform engineer may do this.",
            operation=str(operation.pk),
        )


def can_repair(actor: Actor, instance: Instance) -> bool:
    """True for those who may act for its owner, and platform engineers."""
    return can_act_for_team(actor, instance.owner_id) or can_operate(actor)


def require_repair(actor: Actor, instance: Instance) -> None:
    if not can_repair(actor, instance):
        raise NotAllowed("Only its owner or a platform engineer may repair this.")


def can_operate(actor: Actor) -> bool:
    """True for platform engineers: they see the whole ledger, and clean up what is left."""
    return actor.is_admin or actor.role == PortalRole.PLATFORM


def require_abandon(actor: Actor, operation: Operation) -> None:
    if not can_operate(actor):
        raise NotAllowed(
            "Only a platform engineer may give up undoing a job.", operation=str(operation.pk)
        )
