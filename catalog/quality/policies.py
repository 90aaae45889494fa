"""Who may say how a score is weighed, and show it to the world."""

from accounts.actors import Actor
from accounts.models import Domain
from accounts.policies import owns_domain
from catalog.products.models import DataProduct
from catalog.products.policies import can_change_product
from core.errors import NotAllowed


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
