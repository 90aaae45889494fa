"""Who answers for a consumer, and who decides in spite of an answer."""

from accounts.actors import Actor
from accounts.policies import can_decide_for_team, owns_domain
from core.errors import NotAllowed
from provisioning.access.selectors import consumer_of, may_ask_for
from provisioning.consent.models import Consent


def can_answer(actor: Actor, consent: Consent) -> bool:
    """Whoever may ask in the consumer's name."""
    return may_ask_for(actor, consumer_of(consent.grant))


def require_answer(actor: Actor, consent: Consent) -> None:
    """Raises: NotAllowed."""
    if not can_answer(actor, consent):
        raise NotAllowed(f"{consent.grant.consumer} answers this, and you are not of them.")


def can_overrule(actor: Actor, consent: Consent) -> bool:
    """Owners of the product and of its domain."""
    product = consent.grant.port.product
    return can_decide_for_team(actor, product.owner_id) or owns_domain(actor, product.domain)


def require_overrule(actor: Actor, consent: Consent) -> None:
    """Raises: NotAllowed."""
    if not can_overrule(actor, consent):
        owner = consent.grant.port.product.owner.name
        raise NotAllowed(f"Only owners of {owner} go on in spite of an answer.")
