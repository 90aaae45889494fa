"""Columns across all products, as REST lists them."""

from __future__ import annotations

from typing import Any

import graphene

from catalog.contracts.graphql.described import ContractColumn
from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from catalog.products.selectors.columns import COLUMN_ORDER, columns_where
from core.graphql import Page, connection, one, page_from, paged
from core.paging import keyset_page


class OfferedColumn(ContractColumn):
    """A column that a port offers: of the version of a contract that the port keeps."""

    port = one(
        OutputPort, ports_by_id, key="port_id", required=True, description="The port that has it."
    )


class Query(graphene.ObjectType):
    columns = graphene.Field(
        connection(OfferedColumn),
        required=True,
        **paged(),
        description="Columns that ports of products offer which you may see, port by port.",
        classification=graphene.String(description="Slug of a class, as the contract says it."),
        tag=graphene.String(description="One of its tags."),
        search=graphene.String(description="Part of its path."),
        product=graphene.String(description="Full name of the product."),
        port=graphene.String(description="Full name of the port."),
        domain=graphene.String(description="Path of the domain; what is below it counts too."),
        team=graphene.String(description="Slug of the owner."),
    )

    @staticmethod
    def resolve_columns(
        root: None, info: Any, first: int, after: str | None = None, **given: str | None
    ) -> Page:
        asked = {name: (text or "").replace("\0", "") for name, text in given.items()}
        rows = columns_where(info.context.actor, asked)
        return page_from(keyset_page(rows, order=COLUMN_ORDER, size=first, cursor=after), rows)
