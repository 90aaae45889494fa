"""Who may publish a capability, and who may change what one made."""

from accounts.actors import Actor
from accounts.models import Team
from accounts.policies import can_act_for_team, can_decide_for_team
from accounts.states import PortalRole
from core.errors import NotAllowed
from provisioning.blueprints.models import Blueprint
from provisioning.jobs.models import Instance


def can_register(actor: Actor) -> bool:
    """Owners of any team publish capabilities; platform engineers for each of their teams."""
    return bool(actor.is_admin or actor.owner_team_ids or _engineers_for(actor))


def can_register_for(actor: Actor, team_id: int) -> bool:
    """True for owners of the team, and for platform engineers who work in it."""
    return can_decide_for_team(actor, team_id) or team_id in _engineers_for(actor)


def require_register(actor: Actor, owner: Team) -> None:
    """Raises:
    NotAllowed: the actor is no owner of the team that will own it.
    """
    if not can_register_for(actor, owner.pk):
        raise NotAllowed(f"Only owners of {owner.name} publish blueprints for it.", team=owner.slug)


def can_withdraw(actor: Actor, blueprint: Blueprint) -> bool:
    return can_register_for(actor, blueprint.owner_id)


def can_change(actor: Actor, instance: Instance) -> bool:
    """True for those who act for the team that owns what was made."""
    return can_act_for_team(actor, instance.owner_id)


def require_change(actor: Actor, instance: Instance) -> None:
    """Raises:
    NotAllowed: the actor does not act for the owner.
    """
    if not can_change(actor, instance):
        raise NotAllowed(
            f"Only {instance.owner.name} changes this. Ask one of its owners.",
            team=instance.owner.slug,
        )


def _engineers_for(actor: Actor) -> frozenset[int]:
    is_engineer = actor.role == PortalRole.PLATFORM
    return actor.contributor_team_ids if is_engineer else frozenset()
