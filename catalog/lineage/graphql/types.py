"""Lineage: nodes around a product, whole graphs, datasets."""

from __future__ import annotations

import datetime as dt
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
from catalog.lineage.selectors.shapes import DOWNSTREAM, FOCUS, UPSTREAM
from catalog.lineage.states import Direction, Level, Origin
from catalog.products.graphql.batches import PRODUCT, ports_by_id
from catalog.products.graphql.types import DataProduct, OutputPort
from catalog.products.models import DataProduct as ProductModel
from core.errors import NotFound
from core.graphql import Row, RowsType, enum, enum_of, extend, many, one, one_row, rows_of

DATASET = ("id", "namespace", "name", "node_id", "port_id", "fields", "first_seen", "last_seen")

DirectionEnum = enum_of("Direction", Direction)
LineageLevel = enum_of("LineageLevel", Level)
LineageKind = enum(
    "LineageKind",
    [
        (name.upper(), name)
        for name in ("product", "port", "contract", "dataset", "job", "column", "system", "hidden")
    ],
)
LineageOrigin = enum_of("LineageOrigin", Origin, "Who says that there is an edge.")
LineageSide = enum(
    "LineageSide",
    [(name.upper(), name) for name in ("upstream", "focus", "downstream")],
    "On which side of what was asked about.",
)


class LineageCounts(graphene.ObjectType):
    """A number of nodes for each direction."""

    upstream = graphene.Int(required=True, description="Nodes that data comes from.")
    downstream = graphene.Int(required=True, description="Nodes that are made from it.")


class LineageNode(RowsType):
    """One node. `distance` in hops: negative upstream, positive downstream."""

    id = graphene.String(required=True)
    kind = LineageKind(required=True)
    name = graphene.String(required=True)
    distance = graphene.Int(required=True)
    product = graphene.Field(DataProduct)
    owner = one(Team, teams_by_id, key="owner_id")
    side = LineageSide(required=True, description="Where it stands from what was asked about.")
    page = graphene.String(description="Address of its page: of a dataset that of its port.")
    dataset = graphene.String(description="Of a column: the node of its dataset.")
    data_type = graphene.String(description="Of a column, as lineage or its contract says it.")
    classification = graphene.String(description="Of a column: slug of the class in its contract.")
    more = graphene.Field(
        LineageCounts,
        description="Direct neighbours that you may see and that are not in the answer, up to 100.",
    )

    @staticmethod
    def resolve_id(row: Row, info: Any) -> str:
        return str(row.values["node_id"])

    @staticmethod
    def resolve_side(row: Row, info: Any) -> str:
        distance = row.values["distance"]
        return UPSTREAM if distance < 0 else DOWNSTREAM if distance else FOCUS

    @staticmethod
    def resolve_page(row: Row, info: Any) -> str | None:
        return row.values.get("node_url")

    @staticmethod
    def resolve_dataset(row: Row, info: Any) -> str | None:
        return row.values.get("node_dataset")

    @staticmethod
    def resolve_data_type(row: Row, info: Any) -> str | None:
        return row.values.get("node_type")

    @staticmethod
    def resolve_classification(row: Row, info: Any) -> str | None:
        return row.values.get("node_class")

    @staticmethod
    def resolve_more(row: Row, info: Any) -> dict[str, int] | None:
        return row.values.get("node_more")

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
    origin = LineageOrigin(description="Who says that there is this edge.")
    transformation = graphene.String(description="Of columns, as it was reported.")
    masking = graphene.Boolean(description="Of columns: the transformation hides the value.")
    first_seen = graphene.DateTime(description="When it was first reported.")
    last_seen = graphene.DateTime(description="When it was last reported.")

    @staticmethod
    def resolve_via(edge: Any, info: Any) -> str | None:
        return edge.via or None

    @staticmethod
    def resolve_origin(edge: Any, info: Any) -> str | None:
        return edge.origin or None

    @staticmethod
    def resolve_transformation(edge: Any, info: Any) -> str | None:
        return edge.transformation or None


class LineageGraph(graphene.ObjectType):
    """A bounded answer; an unseen node has an empty one."""

    nodes = graphene.List(graphene.NonNull(LineageNode), required=True)
    edges = graphene.List(graphene.NonNull(LineageEdge), required=True)
    total_nodes = graphene.Int(required=True)
    truncated = graphene.Boolean(required=True)
    hidden = graphene.Field(
        LineageCounts, required=True, description="Nodes that you may not see, if that is told."
    )
    as_of = graphene.DateTime(description="The moment that was asked about; null: now.")

    @staticmethod
    def resolve_nodes(graph: Graph, info: Any) -> list[Row]:
        return rows_of(map(node_values, graph.nodes))


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
        at=graphene.DateTime(description="As it was then; without it: now."),
    )

    @staticmethod
    def resolve_dataset(root: None, info: Any, namespace: str, name: str) -> Row | None:
        visible = DatasetModel.objects.visible_to(info.context.actor)
        return one_row(visible.filter(key=key_of(namespace, name)).values(*DATASET).first())

    @staticmethod
    def resolve_lineage(
        root: None,
        info: Any,
        node: str,
        direction: Any,
        depth: int,
        level: Any,
        first: int,
        at: dt.datetime | None = None,
    ) -> Graph:
        try:
            return neighbours(
                actor=info.context.actor,
                node=node,
                direction=getattr(direction, "value", direction),
                depth=depth,
                level=getattr(level, "value", level),
                first=first,
                at=aware(at),
            )
        except NotFound:
            return Graph(Node(node, "product", "", 0), [], [], 0, truncated=False)


def aware(moment: dt.datetime | None) -> dt.datetime | None:
    """A moment without a zone is one in UTC."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def register() -> None:
    """Add what this room knows of products."""
    around = {"depth": (1, "Hops, 1 to 20."), "first": (10, None)}
    for name, batch in (("upstream", upstream_by_product), ("downstream", downstream_by_product)):
        arguments = {
            key: graphene.Int(required=True, default_value=value, description=text)
            for key, (value, text) in around.items()
        }
        extend("DataProduct", name, many(LineageNode, batch, **arguments))


def node_values(node: Node) -> dict[str, Any]:
    """The values of a node, those of its product among them."""
    product = node.product
    owner_id = node.system.owner_id if node.system else None
    values: dict[str, Any] = {"owner_id": owner_id} if product is None else product_values(product)
    if product is not None and node.kind == "product":
        values = product_node(values, node.distance)
    else:
        values |= {"node_id": node.id, "node_kind": node.kind, "node_name": node.name}
    return {
        **values,
        "distance": node.distance,
        "node_url": node.url,
        "node_dataset": node.dataset_id,
        "node_type": node.data_type or None,
        "node_class": node.classification or None,
        "node_more": {"upstream": 0, "downstream": 0} | node.more,
    }


def product_values(product: ProductModel) -> dict[str, Any]:
    """A product as a row."""
    return {key: getattr(product, key) for key in PRODUCT}
