"""What the viewer follows."""

from __future__ import annotations

from typing import Any

import graphene

from accounts.actors import Actor
from catalog.products.graphql.batches import PRODUCT
from catalog.products.graphql.types import DataProductConnection
from catalog.products.selectors.talk import followed_by
from core.graphql import Page, extend, page_from, paged
from core.paging import keyset_page


def _follows(actor: Actor, info: Any, first: int, after: str | None = None) -> Page:
    rows = followed_by(actor).values(*PRODUCT)
    return page_from(keyset_page(rows, order=["name", "id"], size=first, cursor=after), rows)


def register() -> None:
    """Add `follows` to the viewer, a type of a lower room."""
    extend(
        "Viewer",
        "follows",
        graphene.Field(
            DataProductConnection,
            resolver=_follows,
            required=True,
            description="Products that the caller follows and may see.",
            **paged(),
        ),
    )
