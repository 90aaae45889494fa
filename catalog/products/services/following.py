"""Following a product: to hear of its changes."""

from __future__ import annotations

from django.db import transaction

from accounts.actors import Actor
from catalog.products.models import DataProduct, Follow
from core import audit
from core.errors import NotAllowed


@transaction.atomic
def follow_product(*, product: DataProduct, actor: Actor) -> int:
    """Have the actor hear of changes of `product`; twice is as once.

    Returns:
        How many follow it now.

    Raises:
        NotAllowed: nobody is logged in.
    """
    user_id = _person(actor)
    _, created = Follow.objects.get_or_create(user_id=user_id, product=product)
    if created:
        _record(product, actor, "product.followed")
    return product.followers.count()


@transaction.atomic
def unfollow_product(*, product: DataProduct, actor: Actor) -> int:
    """The opposite; returns how many follow it now."""
    deleted, _ = Follow.objects.filter(user_id=_person(actor), product=product).delete()
    if deleted:
        _record(product, actor, "product.unfollowed")
    return product.followers.count()


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotAllowed("Log in to follow a product.")
    return actor.user_id


def _record(product: DataProduct, actor: Actor, verb: str) -> None:
    # of the person, not of the product: who follows what is no part of its history
    audit.record(actor=actor.name, verb=verb, kind="user", object_id=actor.name, fqn=product.fqn)
