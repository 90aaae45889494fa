"""Columns of a product that are less secret than what they are made from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import graphene

from accounts.actors import Actor
from catalog.lineage.selectors.classes import DerivedClass as Found
from catalog.lineage.selectors.classes import derived_classes
from core.graphql import RowsType, extend, many


class DerivedClass(RowsType):
    """A column that should be of a higher class, for it holds values of a column that is."""

    dataset = graphene.String(required=True, description="The dataset of the column.")
    column = graphene.String(required=True, description="The column itself.")
    known = graphene.String(description="Its class now, or its product's; null: none.")
    wanted = graphene.String(required=True, description="The class of what it is made from.")
    path = graphene.List(
        graphene.String,
        required=True,
        description="From the secret column to this one; null: what you may not see.",
    )


def derived_by_product(
    actor: Actor, ids: Collection[UUID], *, first: int
) -> dict[UUID, list[dict[str, Any]]]:
    """The columns of each product whose class is too low."""
    found = derived_classes(actor, ids)
    return {pk: [_values(each) for each in gaps[:first]] for pk, gaps in found.items()}


def _values(found: Found) -> dict[str, Any]:
    return {
        "dataset": found.dataset,
        "column": found.column,
        "known": found.known or None,
        "wanted": found.wanted,
        "path": [stop.node_id if stop else None for stop in found.path],
    }


def register() -> None:
    """Add what this room knows of products."""
    field = many(
        DerivedClass,
        derived_by_product,
        first=graphene.Int(required=True, default_value=50, description="At most, 1 to 200."),
        description="Columns that are less secret than what they are made from; told to those "
        "who may change the product, and to stewards.",
    )
    extend("DataProduct", "derived_classes", field)
