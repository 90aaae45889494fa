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
from catalog.search.selectors import ORDERS, SearchQueryData, hit_count, hit_ids
from core.graphql import COUNT_CAP, Edge, Page, Row, enum, listed, one_row, rows_of

ProductOrder = enum(
    "ProductOrder",
    [(name.upper(), name) for name in ORDERS],
    "What comes first.",
    {
        "rank": "The most trusted: published, well measured, much read. The order without a text.",
        "relevance": "What fits the text best. The order with a text.",
        "name": "By name.",
        "score": "The best quality score; what is not measured comes last.",
        "updated": "What was changed last.",
        "consumers": "What most read.",
    },
)


class Query(graphene.ObjectType):
    product = graphene.Field(
        DataProduct,
        description="One product; null: there is none, or the caller may not see it.",
        fqn=graphene.String(required=True, description="Its full name, or a former one."),
    )
    products = listed(
        DataProductConnection,
        "Products that the caller may see and that keep every filter; of a list, any value.",
        search=graphene.String(
            description='Words; the last may be a beginning. Also "an exact phrase", column:name.'
        ),
        domain=graphene.String(description="A path; with everything below it."),
        team=graphene.String(description="Slug of the owner."),
        status=graphene.List(
            graphene.NonNull(ProductStatusEnum), description="Where in its life; none: anywhere."
        ),
        archetype=graphene.List(
            graphene.NonNull(ArchetypeEnum), description="What it is made from; none: anything."
        ),
        classification=graphene.List(
            graphene.NonNull(graphene.String), description="Slugs of classes; none: all."
        ),
        technology=graphene.String(description="Of one of its ports, e.g. postgresql."),
        tag=graphene.String(description="One of its tags, in full."),
        term=graphene.String(description="Name of a business term that it carries."),
        min_score=graphene.Float(description="Score at least so much, 0-100."),
        below_score=graphene.Float(description="Measured, and score below so much, 0-100."),
        order_by=ProductOrder(description="Left out: RELEVANCE with a text, else RANK."),
    )
    output_port = graphene.Field(
        OutputPort,
        description="One output port; null: there is none, or the caller may not see it.",
        fqn=graphene.String(required=True, description="<domain>.<product>/<port>@<major>"),
    )

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
    status: Sequence[Any] | None = None,
    archetype: Sequence[Any] | None = None,
    classification: Sequence[str] | None = None,
    term: str | None = None,
    min_score: float | None = None,
    below_score: float | None = None,
    order_by: Any = None,
    domain: str | None = None,
    team: str | None = None,
    tag: str | None = None,
    technology: str | None = None,
) -> SearchQueryData:
    return SearchQueryData(
        text=search or "",
        statuses=tuple(each.value for each in status or ()),
        archetypes=tuple(each.value for each in archetype or ()),
        classifications=tuple(classification or ()),
        kinds=("product",),
        term=term or "",
        min_score=min_score,
        below_score=below_score,
        order=order_by.value if order_by else "",
        cursor=after,
        size=first,
        domains=_one(domain),
        teams=_one(team),
        tags=_one(tag),
        technologies=_one(technology),
    )


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


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
