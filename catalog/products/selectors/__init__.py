"""Reads over products, ports, systems and what is said of them."""

from catalog.products.selectors.names import (
    Names,
    name_problems,
    names_in_use,
    system_name_problems,
)
from catalog.products.selectors.people import people_options
from catalog.products.selectors.products import (
    history,
    port_by_fqn,
    product_by_fqn,
    publish_blockers,
    publish_problems,
)
from catalog.products.selectors.systems import system_by_fqn

__all__ = [
    "Names",
    "history",
    "name_problems",
    "names_in_use",
    "people_options",
    "port_by_fqn",
    "product_by_fqn",
    "publish_blockers",
    "publish_problems",
    "system_by_fqn",
    "system_name_problems",
]
