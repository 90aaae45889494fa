"""Who looks after incidents, weighs scores, and shows them to the world."""

from accounts.actors import Actor
from accounts.models import Domain
from accounts.policies import owns_domain
from accounts.states import PortalRole
from catalog.products.models import DataProduct
from catalog.products.policies import can_change_product
from core.errors import NotAllowed


def can_handle_incidents(actor: Actor, product: DataProduct) -> bool:
    """The team that owns the product, owners of its domain, stewards and administrators."""
    if actor.is_visitor:
        return False
    governs = actor.role == PortalRole.STEWARD or owns_domain(actor, product.domain)
    return governs or can_change_product(actor, product)


def require_incident_handling(actor: Actor, product: DataProduct) -> None:
    """Raises: NotAllowed."""
    if not can_handle_incidents(actor, product):
        raise NotAllowed(
            f"Only {product.owner.name}, the owners of its domain and stewards handle incidents "
            "of this product.",
            team=product.owner.slug,
        )


def can_weigh(actor: Actor, domain: Domain) -> bool:
    """Owners of the domain or of one above it, and administrators."""
    return owns_domain(actor, domain)


def require_weighing(actor: Actor, domain: Domain) -> None:
    if not can_weigh(actor, domain):
        raise NotAllowed(
            f"Only the owners of {domain.name} may say how much its dimensions count.",
            domain=domain.path,
        )


def can_share_badge(actor: Actor, product: DataProduct) -> bool:
    """Who may change the product may show its score outside, and stop that."""
    return can_change_product(actor, product)
