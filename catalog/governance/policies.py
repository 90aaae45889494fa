"""Who may change rules, words and classes."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.models import Domain
from accounts.policies import owns_domain
from accounts.states import PortalRole
from core.errors import NotAllowed


def can_govern(actor: Actor, domain: Domain | None) -> bool:
    """Stewards for the company, domain owners for their domains, administrators for all."""
    if domain is None:
        return actor.is_admin or actor.role == PortalRole.STEWARD
    return owns_domain(actor, domain)


def can_govern_somewhere(actor: Actor) -> bool:
    """True when there is any part of the company for which the actor may write rules and words."""
    return can_govern(actor, None) or bool(actor.owned_domain_ids)


def require_govern(actor: Actor, domain: Domain | None) -> None:
    """Raises: NotAllowed."""
    if can_govern(actor, domain):
        return
    if domain is None:
        raise NotAllowed("Only stewards may change what holds for the whole company.")
    raise NotAllowed(f"Only the owners of {domain.name} may change this.", domain=domain.path)
