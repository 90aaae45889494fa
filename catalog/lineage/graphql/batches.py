"""Rows of lineage nodes around products."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from catalog.lineage.selectors import MAX_DEPTH, reach
from catalog.lineage.states import Direction
from catalog.products.graphql.batches import PRODUCT_COLUMNS, products_by_id
from core.errors import Invalid
from core.graphql import reads
from core.problems import Problem

Values = dict[str, Any]
Lists = dict[Any, list[Values]]


@reads(PRODUCT_COLUMNS)
def upstream_by_product(
    actor: Actor, ids: Collection[UUID], *, depth: int, first: int, columns: Sequence[str]
) -> Lists:
    """What the products are made from, nearest first."""
    return _around(actor, ids, Direction.UPSTREAM, depth, first, columns)


@reads(PRODUCT_COLUMNS)
def downstream_by_product(
    actor: Actor, ids: Collection[UUID], *, depth: int, first: int, columns: Sequence[str]
) -> Lists:
    """What is made from the products, nearest first."""
    return _around(actor, ids, Direction.DOWNSTREAM, depth, first, columns)


def product_node(product: Values, distance: int) -> Values:
    """A node that is a product: its values, with what the node adds."""
    return {
        **product,
        "node_id": f"product:{product['fqn']}",
        "node_kind": "product",
        "distance": distance,
    }


def _around(
    actor: Actor,
    ids: Collection[UUID],
    direction: str,
    depth: int,
    first: int,
    columns: Sequence[str],
) -> Lists:
    if not 1 <= depth <= MAX_DEPTH:
        problem = Problem("/depth", "out-of-range", f"1 to {MAX_DEPTH} hops.")
        raise Invalid("The lineage question could not be read.", [problem])
    reached = reach(list(ids), direction=direction, depth=depth)
    products = products_by_id(actor, {node for _, node, _ in reached}, columns=columns)
    sign = -1 if direction == Direction.UPSTREAM else 1
    found: Lists = defaultdict(list)
    for root, node, hops in reached:
        if node in products:
            found[root].append(product_node(products[node], sign * hops))
    return {root: _nearest(nodes, first) for root, nodes in found.items()}


def _nearest(nodes: list[Values], first: int) -> list[Values]:
    return sorted(nodes, key=lambda node: (abs(node["distance"]), node["fqn"]))[:first]
