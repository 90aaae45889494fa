"""Who looks after incidents."""

from accounts.actors import Actor
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
