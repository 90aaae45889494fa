"""Verbs on products."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import graphene

from accounts.actors import Actor
from catalog.products import services
from catalog.products.graphql.queries import product_values
from catalog.products.graphql.types import DataProduct
from catalog.products.models import DataProduct as DataProductModel
from core.errors import Invalid
from core.graphql import Row, one_row
from core.graphql.mutations import attempt, payload
from core.problems import Problem

FQN = graphene.String(required=True, description="Full name of the product.")
Verb = Callable[[DataProductModel], object]


def _product(name: str, description: str, **arguments: Any) -> Any:
    return graphene.Field(
        payload(f"{name}Payload", "product", DataProduct),
        required=True,
        description=description,
        fqn=FQN,
        **arguments,
    )


class Mutation(graphene.ObjectType):
    accept_product = _product(
        "AcceptProduct", "Make a draft of a proposal; for its team and owners of its domain."
    )
    publish_product = _product(
        "PublishProduct", "Make a draft visible to everybody its visibility names."
    )
    deprecate_product = _product(
        "DeprecateProduct",
        "Announce the end of a published product; it can still be read.",
        successor=graphene.String(description="Full name of what to use instead."),
        sunset_on=graphene.Date(description="The day of its end; not before tomorrow, UTC."),
    )
    retire_product = _product(
        "RetireProduct", "End a draft or a deprecated product; its page stays for its owners."
    )
    follow_product = _product("FollowProduct", "Be told of its changes; twice is as once.")
    unfollow_product = _product("UnfollowProduct", "Be told of its changes no more.")

    @staticmethod
    def resolve_accept_product(root: None, info: Any, fqn: str) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return _on(actor, fqn, lambda each: services.accept_product(product=each, actor=actor))

    @staticmethod
    def resolve_publish_product(root: None, info: Any, fqn: str) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return _on(actor, fqn, lambda each: services.publish_product(product=each, actor=actor))

    @staticmethod
    def resolve_deprecate_product(
        root: None,
        info: Any,
        fqn: str,
        successor: str | None = None,
        sunset_on: dt.date | None = None,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(product: DataProductModel) -> object:
            return services.deprecate_product(
                product=product,
                actor=actor,
                successor=_successor(actor, successor),
                sunset_on=sunset_on,
            )

        return _on(actor, fqn, verb)

    @staticmethod
    def resolve_retire_product(root: None, info: Any, fqn: str) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return _on(actor, fqn, lambda each: services.retire_product(product=each, actor=actor))

    @staticmethod
    def resolve_follow_product(root: None, info: Any, fqn: str) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return _on(actor, fqn, lambda each: services.follow_product(product=each, actor=actor))

    @staticmethod
    def resolve_unfollow_product(root: None, info: Any, fqn: str) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return _on(actor, fqn, lambda each: services.unfollow_product(product=each, actor=actor))


def visible_product(actor: Actor, fqn: str) -> DataProductModel | None:
    """The product of this name, if `actor` may see it."""
    visible = DataProductModel.objects.visible_to(actor).select_related("owner", "domain")
    return visible.filter(fqn=fqn).first()


def _on(actor: Actor, fqn: str, verb: Verb) -> Mapping[str, Any]:
    def on_it() -> Row | None:
        found = visible_product(actor, fqn)
        if found is None:
            return None
        verb(found)
        return one_row(product_values(actor, fqn))

    return attempt("product", on_it)


def _successor(actor: Actor, fqn: str | None) -> DataProductModel | None:
    found = visible_product(actor, fqn) if fqn else None
    if fqn and found is None:
        message = "There is no product of this name that you may see."
        raise Invalid(message, [Problem("/successor", "unknown-product", message)])
    return found
