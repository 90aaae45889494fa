"""What teams, domains and contracts have of products: fields of types of lower rooms."""

from __future__ import annotations

from catalog.products.graphql.batches import (
    NAME_ORDER,
    ports_by_contract,
    products_by_domain,
    products_by_owner,
    systems_by_domain,
    systems_by_owner,
)
from catalog.products.graphql.systems import SystemConnection
from catalog.products.graphql.types import DataProductConnection, OutputPortConnection
from core.graphql import extend, page


def register() -> None:
    """Add products and systems to who has them."""
    for kind, products, systems, whose in (
        ("Team", products_by_owner, systems_by_owner, "it answers for"),
        ("Domain", products_by_domain, systems_by_domain, "right in it, not below"),
    ):
        about = f"{whose} and that the caller may see, by full name."
        extend(
            kind,
            "products",
            page(
                DataProductConnection, products, order=NAME_ORDER, description=f"Products {about}"
            ),
        )
        extend(
            kind,
            "systems",
            page(SystemConnection, systems, order=NAME_ORDER, description=f"Systems {about}"),
        )
    offered = page(
        OutputPortConnection,
        ports_by_contract,
        order=NAME_ORDER,
        description="Output ports that promise it and that the caller may see, by full name.",
    )
    extend("DataContract", "output_ports", offered)
