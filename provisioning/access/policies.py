"""Who may read through a grant, and who may end it."""

from accounts.actors import Actor
from accounts.policies import can_act_for_team
from accounts.states import PortalRole
from core.errors import NotAllowed
from provisioning.access.models import Grant


def can_hold(actor: Actor, grant: Grant) -> bool:
    """True when the grant was given to the actor, to a team of theirs, or to a product of one."""
    if grant.consumer_user_id is not None:
        return grant.consumer_user_id == actor.user_id
    if grant.consumer_team_id is not None:
        return grant.consumer_team_id in actor.team_ids
    assert grant.consumer_product is not None
    return grant.consumer_product.owner_id in actor.team_ids


def require_hold(actor: Actor, grant: Grant) -> None:
    if not can_hold(actor, grant):
        raise NotAllowed(f"This access was given to {grant.consumer}, not to you.")


def can_revoke(actor: Actor, grant: Grant) -> bool:
    """The holder's side, the owner of the port, owners of its domain, stewards and admins."""
    if actor.role in {PortalRole.STEWARD, PortalRole.ADMIN}:
        return True
    product = grant.port.product
    gives = can_act_for_team(actor, product.owner_id) or product.domain_id in actor.owned_domain_ids
    return gives or _may_give_back(actor, grant)


def require_revoke(actor: Actor, grant: Grant) -> None:
    if not can_revoke(actor, grant):
        owner = grant.port.product.owner.name
        raise NotAllowed(f"Only {grant.consumer} or {owner} may end this access.")


def _may_give_back(actor: Actor, grant: Grant) -> bool:
    if grant.consumer_user_id is not None:
        return grant.consumer_user_id == actor.user_id
    if grant.consumer_team_id is not None:
        return can_act_for_team(actor, grant.consumer_team_id)
    assert grant.consumer_product is not None
    return can_act_for_team(actor, grant.consumer_product.owner_id)
