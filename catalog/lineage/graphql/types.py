"""Lineage: nodes around a product, whole graphs, datasets."""

from __future__ import annotations

from typing import Any

import graphene

from accounts.graphql.batches import teams_by_id
from accounts.graphql.types import Team
from catalog.lineage.graphql.batches import (
    downstream_by_product,
    product_node,
    upstream_by_product,
)
from catalog.lineage.keys import key_of
from catalog.lineage.models import Dataset as DatasetModel
from catalog.lineage.selectors import Graph, Node, neighbours
from catalog.lineage.states import Direction, Level
from catalog.products.graphql.batches import PRODUCT, ports_by_id
from catalog.products.graphql.types import DataProduct, OutputPort
from core.errors import NotFound
from core.graphql import Row, RowsType, enum, enum_of, extend, many, one, one_row, rows_of

DATASET = ("id", "namespace", "name", "node_id", "port_id", "fields", "first_seen", "last_seen")

DirectionEnum = enum_of("Direction", Direction)
LineageLevel = enum_of("LineageLevel", Level)
LineageKind = enum(
    "LineageKind",
    [(name.upper(), name) for name in ("product", "port", "dataset", "job", "column", "system")],
)


class LineageNode(RowsType):
    """One node. `distance` in hops: negative upstream, positive downstream."""

    id = graphene.String(required=True)
    kind = LineageKind(required=True)
    name = graphene.String(required=True)
    distance = graphene.Int(required=True)
    product = graphene.Field(DataProduct)
    owner = one(Team, teams_by_id, key="owner_id")

    @staticmethod
    def resolve_id(row: Row, info: Any) -> str:
        return str(row.values["node_id"])

    @staticmethod
    def resolve_kind(row: Row, info: Any) -> str:
        return str(row.values["node_kind"])

    @staticmethod
    def resolve_name(row: Row, info: Any) -> str:
        return str(row.values.get("node_name") or row.values["name"])

    @staticmethod
    def resolve_product(row: Row, info: Any) -> Row | None:
        return row if row.values.get("id") else None


class LineageEdge(graphene.ObjectType):
    source = graphene.String(required=True)
    target = graphene.String(required=True)
    via = graphene.String(description="The job, where it is known.")

    @staticmethod
    def resolve_via(edge: Any, info: Any) -> str | None:
        return edge.via or None


class LineageGraph(graphene.ObjectType):
    """A bounded answer; an unseen node has an empty one."""

    nodes = graphene.List(graphene.NonNull(LineageNode), required=True)
    edges = graphene.List(graphene.NonNull(LineageEdge), required=True)
    total_nodes = graphene.Int(required=True)
    truncated = graphene.Boolean(required=True)

    @staticmethod
    def resolve_nodes(graph: Graph | dict[str, Any], info: Any) -> list[Row]:
        return rows_of(map(_node_values, graph.nodes)) if isinstance(graph, Graph) else []


class Dataset(RowsType):
    """A dataset by its OpenLineage name."""

    id = graphene.String(required=True, description="dataset:<namespace>:<name>")
    namespace = graphene.String(required=True)
    name = graphene.String(required=True)
    fields = graphene.List(graphene.NonNull(graphene.String), required=True)
    port = one(OutputPort, ports_by_id, key="port_id")
    first_seen = graphene.DateTime(required=True)
    last_seen = graphene.DateTime(required=True)

    @staticmethod
    def resolve_id(row: Row, info: Any) -> str:
        return str(row.values["node_id"])

    @staticmethod
    def resolve_fields(row: Row, info: Any) -> list[str]:
        return [str(each.get("name", "")) for each in row.values["fields"]]


class Query(graphene.ObjectType):
    dataset = graphene.Field(
        Dataset,
        namespace=graphene.String(required=True),
        name=graphene.String(required=True),
    )
    lineage = graphene.Field(
        LineageGraph,
        required=True,
        node=graphene.String(required=True),
        direction=DirectionEnum(required=True, default_value=Direction.BOTH.value),
        depth=graphene.Int(required=True, default_value=3),
        level=LineageLevel(required=True, default_value=Level.PRODUCT.value),
        first=graphene.Int(required=True, default_value=200),
    )

    @staticmethod
    def resolve_dataset(root: None, info: Any, namespace: str, name: str) -> Row | None:
        visible = DatasetModel.objects.visible_to(info.context.actor)
        return one_row(visible.filter(key=key_of(namespace, name)).values(*DATASET).first())

    @staticmethod
    def resolve_lineage(
        root: None, info: Any, node: str, direction: Any, depth: int, level: Any, first: int
    ) -> Graph | dict[str, Any]:
        try:
            return neighbours(
                actor=info.context.actor,
                node=node,
                direction=getattr(direction, "value", direction),
                depth=depth,
                level=getattr(level, "value", level),
                first=first,
            )
        except NotFound:
            return {"nodes": [], "edges": [], "total_nodes": 0, "truncated": False}


def register() -> None:
    """Add what this room knows of products."""
    around = {"depth": (1, "Hops, 1 to 20."), "first": (10, None)}
    for name, batch in (("upstream", upstream_by_product), ("downstream", downstream_by_product)):
        arguments = {
            key: graphene.Int(required=True, default_value=value, description=text)
            for key, (value, text) in around.items()
        }
        extend("DataProduct", name, many(LineageNode, batch, **arguments))


def _node_values(node: Node) -> dict[str, Any]:
    product = node.product
    owner_id = node.system.owner_id if node.system else None
    values = (
        {"owner_id": owner_id}
        if product is None
        else {key: getattr(product, key) for key in PRODUCT}
    )
    if product is not None and node.kind == "product":
        return product_node(values, node.distance)
    added = {"node_id": node.id, "node_kind": node.kind, "node_name": node.name}
    return {**values, **added, "distance": node.distance}
