"""Verbs on products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene

from accounts.actors import Actor
from catalog.products import services
from catalog.products.graphql.queries import product_values
from catalog.products.graphql.types import DataProduct
from catalog.products.models import DataProduct as DataProductModel
from core.graphql import Row, one_row
from core.graphql.mutations import attempt, payload

PublishProduct = payload("PublishProductPayload", "product", DataProduct)


class Mutation(graphene.ObjectType):
    publish_product = graphene.Field(
        PublishProduct, required=True, fqn=graphene.String(required=True)
    )

    @staticmethod
    def resolve_publish_product(root: None, info: Any, fqn: str) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return attempt("product", lambda: _publish(actor, fqn))


def _publish(actor: Actor, fqn: str) -> Row | None:
    visible = DataProductModel.objects.visible_to(actor).select_related("owner", "domain")
    found = visible.filter(fqn=fqn).first()
    if found is None:
        return None
    services.publish_product(product=found, actor=actor)
    return one_row(product_values(actor, fqn))
