"""Who may have access looked at again, and who decides on it."""

from accounts.actors import Actor
from accounts.states import PortalRole
from core.errors import NotAllowed
from provisioning.recertification.models import Campaign
from provisioning.requests.policies import can_rule
from provisioning.requests.selectors.back_testing import Scope


def scope_of(campaign: Campaign) -> Scope:
    """The part of the company that a campaign is about."""
    return Scope(campaign.port, campaign.domain, campaign.classification)


def can_start(actor: Actor, scope: Scope) -> bool:
    """Stewards; owners of the port or of the domain for theirs."""
    return actor.role == PortalRole.STEWARD or can_rule(actor, scope.port, scope.domain)


def require_start(actor: Actor, scope: Scope) -> None:
    """Raises: NotAllowed."""
    if can_start(actor, scope):
        return
    if scope.port is not None:
        raise NotAllowed(f"Only owners of {scope.port.product.owner.name} ask about this port.")
    if scope.domain is not None:
        raise NotAllowed(f"Only the owners of {scope.domain.name} ask about all access in it.")
    raise NotAllowed("Only stewards ask about a class or the whole company.")


def can_stop(actor: Actor, campaign: Campaign) -> bool:
    """Who started it, and whoever might have."""
    return campaign.created_by_id == actor.user_id or can_start(actor, scope_of(campaign))


def require_stop(actor: Actor, campaign: Campaign) -> None:
    """Raises: NotAllowed."""
    if not can_stop(actor, campaign):
        raise NotAllowed(f"Only {campaign.created_by} or whoever governs that part may stop this.")
