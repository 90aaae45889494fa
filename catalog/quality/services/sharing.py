"""Addresses of badges that everybody who has them may look at."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from catalog.products.models import DataProduct
from catalog.products.policies import require_product_change
from catalog.quality.models import BadgeLink
from core import audit


@transaction.atomic
def share_badge(*, product: DataProduct, actor: Actor) -> BadgeLink:
    """The live address of the product's badge; the one that there is, if there is one.

    Raises:
        NotAllowed: the actor is not in the owner team.
    """
    require_product_change(actor, product)
    live = BadgeLink.objects.filter(product=product, revoked_at__isnull=True)
    found = live.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = BadgeLink.objects.create(product=product, created_by=actor.name)
    except IntegrityError:  # another one was quicker
        return live.get()
    audit.record(
        actor=actor.name, verb="quality.badge-shared", kind="product", object_id=product.fqn
    )
    return made


@transaction.atomic
def revoke_badge(*, product: DataProduct, actor: Actor) -> bool:
    """Have the address show nothing any more; False where there is none.

    Raises:
        NotAllowed: the actor is not in the owner team.
    """
    require_product_change(actor, product)
    live = BadgeLink.objects.filter(product=product, revoked_at__isnull=True)
    if not live.update(revoked_at=Now()):
        return False
    audit.record(
        actor=actor.name, verb="quality.badge-revoked", kind="product", object_id=product.fqn
    )
    return True
