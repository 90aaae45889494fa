"""Who consumes products through live grants, for the room that says whom a change reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Count, Q

from accounts.actors import Actor
from accounts.models import Team
from catalog.lineage.extensions import Consumer, Consumers, ConsumerTotals
from catalog.products.models import DataProduct
from provisioning.access.models import Grant, GrantQuerySet

MAX_NAMED = 10_000


class GrantedConsumers:
    """Teams, people and products with a live grant."""

    def by_product(
        self, actor: Actor, products: Collection[UUID], ports: Collection[UUID]
    ) -> Mapping[UUID, Consumers]:
        """Those whose grants the actor may see by name, the others by number. Two statements."""
        live = _live(products, ports)
        named: dict[UUID, dict[str, Consumer]] = defaultdict(dict)
        shown = live.visible_to(actor).select_related(
            "port", "consumer_team", "consumer_user", "consumer_product"
        )
        for grant in shown.order_by("until", "id")[:MAX_NAMED]:
            one = _consumer(grant)
            named[grant.port.product_id][one.id] = one  # the grant that ends last counts
        counts = (
            live.order_by()
            .values_list("port__product")
            .annotate(
                teams=Count("consumer_team", distinct=True),
                people=Count("consumer_user", distinct=True),
                others=Count("consumer_product", distinct=True),
            )
        )
        every = {product: sum(numbers) for product, *numbers in counts}
        return {
            pk: Consumers(tuple(named[pk].values()), max(0, count - len(named[pk])))
            for pk, count in every.items()
        }

    def totals(self, products: Collection[UUID], ports: Collection[UUID]) -> ConsumerTotals:
        """Different consumers. One statement."""
        kinds = ("consumer_team", "consumer_user", "consumer_product")
        rows = set(_live(products, ports).order_by().values_list(*kinds))
        return ConsumerTotals(len(rows), frozenset(team for team, _, _ in rows if team))


def _live(products: Collection[UUID], ports: Collection[UUID]) -> GrantQuerySet:
    offered = Q(port__product__in=list(products)) | Q(port__in=list(ports))
    return Grant.objects.live().filter(offered)


def _consumer(grant: Grant) -> Consumer:
    consumer = grant.consumer
    if isinstance(consumer, DataProduct):
        return Consumer(f"product:{consumer.fqn}", consumer.name, grant.until)
    if isinstance(consumer, Team):
        return Consumer(f"team:{consumer.slug}", consumer.name, grant.until)
    return Consumer(f"user:{consumer.username}", consumer.display_name, grant.until)
