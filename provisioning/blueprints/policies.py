"""Who may publish a capability, and who may ask for one."""

from accounts.actors import Actor
from accounts.models import Team
from accounts.policies import require_act_for_team
from accounts.states import PortalRole
from core.errors import NotAllowed


def can_register(actor: Actor) -> bool:
    """Platform engineers publish capabilities for their teams; administrators for any."""
    return actor.role in {PortalRole.PLATFORM, PortalRole.ADMIN}


def require_register(actor: Actor, owner: Team) -> None:
    """Raises:
    NotAllowed: no platform engineer, or not of the team that will own it.
    """
    if not can_register(actor):
        raise NotAllowed("Only platform engineers register blueprints.")
    require_act_for_team(actor, owner)
