"""Verbs on products."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import graphene
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.graphql.batches import TEAM
from accounts.graphql.types import Team
from catalog.products import services
from catalog.products.graphql.queries import product_values
from catalog.products.graphql.types import DataProduct
from catalog.products.models import DataProduct as DataProductModel
from catalog.products.selectors.demands import team_called
from core.errors import Invalid
from core.graphql import Row, one_row
from core.graphql.mutations import attempt_on, payload
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
    hand_over_product = graphene.Field(
        payload("HandOverProductPayload", "owner", Team),
        required=True,
        description="Give it to another team, with the contracts that only it names; for owners "
        "of its team and of its domain, who may not see it afterwards.",
        fqn=FQN,
        team=graphene.String(required=True, description="Slug of the team that takes it."),
        note=graphene.String(description="Why, in a sentence; everybody reads it."),
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
    def resolve_hand_over_product(
        root: None, info: Any, fqn: str, team: str, note: str | None = None
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(product: DataProductModel) -> Row | None:
            to_team = team_called(team, "It cannot be handed over.")
            services.hand_over_product(
                product=product, to_team=to_team, actor=actor, note=note or ""
            )
            return one_row({each: getattr(to_team, each) for each in TEAM})

        return attempt_on("owner", _named(actor, fqn), verb)

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
    return _named(actor, fqn).first()


def _named(actor: Actor, fqn: str) -> QuerySet[DataProductModel]:
    visible = DataProductModel.objects.visible_to(actor).select_related("owner", "domain")
    return visible.filter(fqn=fqn)


def _on(actor: Actor, fqn: str, verb: Verb) -> Mapping[str, Any]:
    def on_it(product: DataProductModel) -> Row | None:
        verb(product)
        return one_row(product_values(actor, fqn))

    return attempt_on("product", _named(actor, fqn), on_it)


def _successor(actor: Actor, fqn: str | None) -> DataProductModel | None:
    found = visible_product(actor, fqn) if fqn else None
    if fqn and found is None:
        message = "There is no product of this name that you may see."
        raise Invalid(message, [Problem("/successor", "unknown-product", message)])
    return found
