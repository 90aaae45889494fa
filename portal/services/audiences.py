"""Who hears of a product: followers and readers, as far as they may see it."""

from __future__ import annotations

from django.db.models import Q

from accounts.actors import actor_of
from accounts.models import Membership, User
from catalog.products.models import DataProduct, Follow
from catalog.products.states import LISTED
from portal.services.news import READING, Audience
from provisioning.access.models import Grant

FOLLOWING = "you follow it"


def readers_of(product: DataProduct, *, but: int | None = None) -> Audience:
    """Who follows the product or may read it."""
    grants = Grant.objects.live().filter(port__product=product)
    teams = grants.exclude(consumer_team=None).values("consumer_team")
    owners = grants.exclude(consumer_product=None).values("consumer_product__owner")
    members = Membership.objects.filter(Q(team__in=teams) | Q(team__in=owners))
    users = grants.exclude(consumer_user=None).values_list("consumer_user_id", flat=True)
    audience = dict.fromkeys([*members.values_list("user_id", flat=True), *users], READING)
    followers = Follow.objects.filter(product=product).values_list("user_id", flat=True)
    return those_who_see(product, audience | dict.fromkeys(followers, FOLLOWING), but=but)


def those_who_see(product: DataProduct, audience: Audience, *, but: int | None = None) -> Audience:
    """Of an audience those who may see the product, without whoever did it."""
    audience.pop(but, None)  # type: ignore[arg-type]
    if product.visibility == "company" and product.status in LISTED:
        return audience
    rows = DataProduct.objects.filter(pk=product.pk)
    users = User.objects.filter(pk__in=audience)
    seeing = {user.pk for user in users if rows.visible_to(actor_of(user)).exists()}
    return {pk: reason for pk, reason in audience.items() if pk in seeing}
