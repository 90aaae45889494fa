"""Who works in a resource with a login of their own, and who may end one."""

from accounts.actors import Actor
from accounts.policies import can_decide_for_team
from core.errors import NotAllowed
from provisioning.jobs.models import Instance
from provisioning.logins.models import Login


def can_hold(actor: Actor, instance: Instance) -> bool:
    """True for contributors of the owner; an administrator of the portal is none by that."""
    return (actor.user_id or 0) > 0 and instance.owner_id in actor.contributor_team_ids


def require_hold(actor: Actor, instance: Instance) -> None:
    """Raises: NotAllowed."""
    if not can_hold(actor, instance):
        raise NotAllowed(f"Only contributors of {instance.owner.name} work in this.")


def can_end(actor: Actor, login: Login) -> bool:
    """True for the holder, and for owners of the team."""
    return login.holder_id == actor.user_id or can_decide_for_team(actor, login.instance.owner_id)


def require_end(actor: Actor, login: Login) -> None:
    """Raises: NotAllowed."""
    if not can_end(actor, login):
        owner = login.instance.owner.name
        raise NotAllowed(f"Only its holder or owners of {owner} may end this login.")
