"""Root fields that read products."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import graphene

from accounts.actors import Actor
from catalog.products.graphql.batches import PORT, PRODUCT, PRODUCT_COLUMNS, products_by_id
from catalog.products.graphql.types import (
    ArchetypeEnum,
    DataProduct,
    DataProductConnection,
    OutputPort,
    ProductStatusEnum,
)
from catalog.products.models import DataProduct as DataProductModel
from catalog.products.models import FormerName
from catalog.products.models import OutputPort as OutputPortModel
from catalog.search.selectors import SearchQueryData, hit_count, hit_ids
from core.graphql import COUNT_CAP, Edge, Page, Row, enum, one_row, rows_of

ProductOrder = enum(
    "ProductOrder",
    [
        (name.upper(), name)
        for name in ("rank", "relevance", "name", "score", "updated", "consumers")
    ],
)


class Query(graphene.ObjectType):
    product = graphene.Field(DataProduct, fqn=graphene.String(required=True))
    products = graphene.Field(
        DataProductConnection,
        required=True,
        first=graphene.Int(required=True),
        after=graphene.String(),
        search=graphene.String(),
        domain=graphene.String(description="With everything below it."),
        team=graphene.String(),
        status=graphene.List(graphene.NonNull(ProductStatusEnum)),
        archetype=graphene.List(graphene.NonNull(ArchetypeEnum)),
        tag=graphene.String(),
        min_score=graphene.Float(),
        order_by=ProductOrder(),
    )
    output_port = graphene.Field(OutputPort, fqn=graphene.String(required=True))

    @staticmethod
    def resolve_product(root: None, info: Any, fqn: str) -> Row | None:
        return one_row(product_values(info.context.actor, fqn))

    @staticmethod
    def resolve_products(root: None, info: Any, first: int, **asked: Any) -> Page:
        columns = PRODUCT_COLUMNS.of(getattr(info, "wanted", None))
        return _products(info.context.actor, _question(first, **asked), columns)

    @staticmethod
    def resolve_output_port(root: None, info: Any, fqn: str) -> Row | None:
        actor: Actor = info.context.actor
        name, _, rest = fqn.partition("/")
        product = product_values(actor, name)
        if product is None:
            return None
        visible = OutputPortModel.objects.visible_to(actor)
        return one_row(visible.filter(fqn=f"{product['fqn']}/{rest}").values(*PORT).first())


def product_values(actor: Actor, fqn: str) -> dict[str, Any] | None:
    """The product of this name or former name, if `actor` may see it."""
    visible = DataProductModel.objects.visible_to(actor)
    found = visible.filter(fqn=fqn).values(*PRODUCT).first()
    if found is None:
        former = FormerName.objects.filter(fqn=fqn).values("product")
        found = visible.filter(pk__in=former).values(*PRODUCT).first()
    values: dict[str, Any] | None = found
    return values


def _question(
    first: int,
    *,
    after: str | None = None,
    search: str | None = None,
    domain: str | None = None,
    team: str | None = None,
    status: Sequence[Any] | None = None,
    archetype: Sequence[Any] | None = None,
    tag: str | None = None,
    min_score: float | None = None,
    order_by: Any = None,
) -> SearchQueryData:
    return SearchQueryData(
        text=search or "",
        domains=(domain,) if domain else (),
        teams=(team,) if team else (),
        statuses=tuple(each.value for each in status or ()),
        archetypes=tuple(each.value for each in archetype or ()),
        kinds=("product",),
        tags=(tag,) if tag else (),
        min_score=min_score,
        order=order_by.value if order_by else "",
        cursor=after,
        size=first,
    )


def _products(actor: Actor, question: SearchQueryData, columns: Sequence[str]) -> Page:
    """The search decides what and in which order; the products room says what they are."""
    found = hit_ids(actor, question)
    ids = [UUID(each) for each in found.rows]
    products = products_by_id(actor, ids, columns=columns)
    known = [
        (products[each], key) for each, key in zip(ids, found.keys, strict=True) if each in products
    ]
    rows = rows_of(values for values, _ in known)
    return Page(
        [Edge(row, key) for row, (_, key) in zip(rows, known, strict=True)],
        has_next=found.next_cursor is not None,
        count=partial(hit_count, actor, question, cap=COUNT_CAP),
    )
