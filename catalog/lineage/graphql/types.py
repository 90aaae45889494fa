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
from catalog.lineage.selectors.ids import encoded
from catalog.lineage.selectors.shapes import DOWNSTREAM, FOCUS, UPSTREAM
from catalog.lineage.states import Direction, Level, Origin
from catalog.products.graphql.batches import (
    PRODUCT,
    ports_by_id,
    system_ports_by_id,
    systems_by_id,
)
from catalog.products.graphql.systems import System, SystemPort
from catalog.products.graphql.types import DataProduct, OutputPort
from catalog.products.models import DataProduct as ProductModel
from core.errors import NotFound
from core.graphql import Row, RowsType, enum, enum_of, extend, many, one, one_row, rows_of

# of a dataset, read with `with_team`
DATASET = (
    *("id", "namespace", "name", "node_id", "port_id", "system_port_id", "fields"),
    *("first_seen", "last_seen", "claimed_at", "posted_by_id", "namespace_team_id"),
)

DirectionEnum = enum_of("Direction", Direction, "Which way lineage is followed.")
LineageLevel = enum_of("LineageLevel", Level, "What the nodes of lineage are.")
LineageKind = enum(
    "LineageKind",
    [
        (name.upper(), name)
        for name in ("product", "port", "contract", "dataset", "job", "column", "system", "hidden")
    ],
    "What a node of lineage is.",
    {
        "product": "A data product.",
        "port": "An output port of a product.",
        "contract": "A data contract, with all ports that promise it.",
        "dataset": "A table, a topic or a file, by its OpenLineage name.",
        "job": "What writes a dataset.",
        "column": "A column of a dataset.",
        "system": "An operational system.",
        "hidden": "Something that you may not see; it has no name.",
    },
)
LineageOrigin = enum_of("LineageOrigin", Origin, "Who says that there is an edge.")
LineageSide = enum(
    "LineageSide",
    [(name.upper(), name) for name in ("upstream", "focus", "downstream")],
    "On which side of what was asked about.",
    {
        "upstream": "What it is made from.",
        "focus": "What was asked about.",
        "downstream": "What is made from it.",
    },
)


class LineageCounts(graphene.ObjectType):
    """A number of nodes for each direction."""

    upstream = graphene.Int(required=True, description="Nodes that data comes from.")
    downstream = graphene.Int(required=True, description="Nodes that are made from it.")


class LineageNode(RowsType):
    """One node. `distance` in hops: negative upstream, positive downstream."""

    id = graphene.String(required=True, description="As `lineage` takes it: product:<fqn>, ...")
    kind = LineageKind(required=True, description="What it is.")
    name = graphene.String(required=True, description="As people write it.")
    distance = graphene.Int(required=True, description="Hops; negative: upstream.")
    product = graphene.Field(DataProduct, description="The product that it is or belongs to.")
    system = one(
        System,
        systems_by_id,
        key="system_id",
        description="The operational system that it is, or behind whose interface it stands.",
    )
    owner = one(Team, teams_by_id, key="owner_id", description="Who answers for it.")
    side = LineageSide(required=True, description="Where it stands from what was asked about.")
    page = graphene.String(
        description="Address of its page: of a dataset that of its port or system."
    )
    dataset = graphene.String(description="Of a column: the node of its dataset.")
    data_type = graphene.String(description="Of a column, as lineage or its contract says it.")
    classification = graphene.String(description="Of a column: slug of the class in its contract.")
    verified = graphene.Boolean(
        description="Of a dataset: a team answers for its namespace; else anybody may tell of it."
    )
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
    def resolve_verified(row: Row, info: Any) -> bool | None:
        return row.values.get("node_verified")

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
    """One node is made from another."""

    source = graphene.String(required=True, description="Id of the node that data comes from.")
    target = graphene.String(required=True, description="Id of the node that is made from it.")
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

    nodes = graphene.List(
        graphene.NonNull(LineageNode), required=True, description="The nearest first."
    )
    edges = graphene.List(
        graphene.NonNull(LineageEdge), required=True, description="Edges between these nodes."
    )
    total_nodes = graphene.Int(required=True, description="How many were found in all.")
    truncated = graphene.Boolean(
        required=True, description="There are more nodes than `first` let through."
    )
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
    namespace = graphene.String(required=True, description="As postgres://host:5432.")
    name = graphene.String(required=True, description="As database.schema.table.")
    fields = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Names of its columns."
    )
    key = graphene.String(
        required=True, description="The same with encoded parts: a name that no other dataset has."
    )
    port = one(OutputPort, ports_by_id, key="port_id", description="The port that offers it.")
    system_port = one(
        SystemPort,
        system_ports_by_id,
        key="system_port_id",
        description="The interface of an operational system behind which it stands.",
    )
    claimed = graphene.Boolean(
        required=True, description="A person said which port offers it, whatever its name says."
    )
    posted_by = one(Team, teams_by_id, key="posted_by_id", description="Who first told of it.")
    namespace_team = one(
        Team,
        teams_by_id,
        key="namespace_team_id",
        description="Who answers for its namespace: nobody else says what is written there.",
    )
    verified = graphene.Boolean(
        required=True, description="A team answers for its namespace; else anybody may tell of it."
    )
    first_seen = graphene.DateTime(required=True, description="When lineage first told of it.")
    last_seen = graphene.DateTime(required=True, description="When lineage last told of it.")

    @staticmethod
    def resolve_id(row: Row, info: Any) -> str:
        return str(row.values["node_id"])

    @staticmethod
    def resolve_key(row: Row, info: Any) -> str:
        return encoded("dataset", (row.values["namespace"], row.values["name"]))

    @staticmethod
    def resolve_claimed(row: Row, info: Any) -> bool:
        return row.values["claimed_at"] is not None and row.values["port_id"] is not None

    @staticmethod
    def resolve_verified(row: Row, info: Any) -> bool:
        return row.values["namespace_team_id"] is not None

    @staticmethod
    def resolve_fields(row: Row, info: Any) -> list[str]:
        return [str(each.get("name", "")) for each in row.values["fields"]]


class Query(graphene.ObjectType):
    dataset = graphene.Field(
        Dataset,
        description="One dataset.",
        namespace=graphene.String(required=True, description="As postgres://host:5432."),
        name=graphene.String(required=True, description="As database.schema.table."),
    )
    lineage = graphene.Field(
        LineageGraph,
        required=True,
        description="The graph around a node.",
        node=graphene.String(
            required=True, description="product:<fqn>, port:<fqn>, dataset:<namespace>:<name>, ..."
        ),
        direction=DirectionEnum(
            required=True, default_value=Direction.BOTH.value, description="Which way."
        ),
        depth=graphene.Int(required=True, default_value=3, description="Hops, 1 to 20."),
        level=LineageLevel(
            required=True, default_value=Level.PRODUCT.value, description="What the nodes are."
        ),
        first=graphene.Int(
            required=True, default_value=200, description="How many nodes at most, 1 to 200."
        ),
        at=graphene.DateTime(description="As it was then; without it: now."),
    )

    @staticmethod
    def resolve_dataset(root: None, info: Any, namespace: str, name: str) -> Row | None:
        visible = DatasetModel.objects.visible_to(info.context.actor)
        found = visible.filter(key=key_of(namespace, name)).with_team()
        return one_row(found.values(*DATASET).first())

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
    around = {"depth": (1, "Hops, 1 to 20."), "first": (10, "How many at most, 1 to 200.")}
    fields = {
        "upstream": (upstream_by_product, "Products that it is made from, the nearest first."),
        "downstream": (downstream_by_product, "Products made from it, the nearest first."),
    }
    for name, (batch, said) in fields.items():
        arguments = {
            key: graphene.Int(required=True, default_value=value, description=text)
            for key, (value, text) in around.items()
        }
        extend("DataProduct", name, many(LineageNode, batch, description=said, **arguments))


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
        "system_id": node.system.pk if node.system else None,
        "distance": node.distance,
        "node_url": node.url,
        "node_dataset": node.dataset_id,
        "node_type": node.data_type or None,
        "node_class": node.classification or None,
        "node_verified": node.verified,
        "node_more": {"upstream": 0, "downstream": 0} | node.more,
    }


def product_values(product: ProductModel) -> dict[str, Any]:
    """A product as a row."""
    return {key: getattr(product, key) for key in PRODUCT}
