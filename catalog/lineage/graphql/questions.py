"""Questions about whole closures: impact, paths, sources, orphans, cycles."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import graphene

from catalog.lineage import selectors
from catalog.lineage.graphql.types import (
    LineageEdge,
    LineageLevel,
    LineageNode,
    aware,
    node_values,
    product_values,
)
from catalog.lineage.states import Level
from catalog.products.graphql.types import DataProduct
from core.errors import Invalid, NotFound
from core.graphql import Edge, Page, Row, connection, rows_of
from core.problems import Problem

NODE = {"node": graphene.String(required=True, description="Id of the node that is asked about.")}
AT = {"at": graphene.DateTime(description="As it was then; without it: now.")}
LEVEL = LineageLevel(required=True, default_value=Level.PRODUCT.value, description="Of the nodes.")
FIRST = graphene.Int(required=True, description="How many at most, 1 to 200.")


def _nodes(found: Any) -> list[Row]:
    return rows_of(map(node_values, found.nodes))


class Reached(NamedTuple):
    """A row of an impact, with its product as one of those that were read together."""

    row: selectors.Row
    product: Row


class LineageConsumer(graphene.ObjectType):
    """Somebody who was granted access."""

    id = graphene.String(required=True, description="team:<slug>, user:<name> or product:<fqn>.")
    name = graphene.String(required=True, description="What people call it.")
    until = graphene.DateTime(required=True, description="When the grant ends.")


class LineageReached(graphene.ObjectType):
    """A product that a change reaches."""

    product = graphene.Field(DataProduct, required=True, description="The product.")
    distance = graphene.Int(
        required=True, description="Hops; 0 for the product that is asked about."
    )
    columns = graphene.Int(description="Of its columns so many are reached, if that was asked.")
    datasets = graphene.Int(description="Of its datasets so many are reached, if that was asked.")
    consumers = graphene.List(
        graphene.NonNull(LineageConsumer),
        required=True,
        description="Who reads it by a grant that you may see.",
    )
    other_consumers = graphene.Int(required=True, description="How many read it besides.")

    @staticmethod
    def resolve_product(found: Reached, info: Any) -> Row:
        return found.product

    @staticmethod
    def resolve_distance(found: Reached, info: Any) -> int:
        return found.row.distance

    @staticmethod
    def resolve_columns(found: Reached, info: Any) -> int | None:
        return found.row.columns

    @staticmethod
    def resolve_datasets(found: Reached, info: Any) -> int | None:
        return found.row.datasets

    @staticmethod
    def resolve_consumers(found: Reached, info: Any) -> Any:
        return found.row.consumers.named

    @staticmethod
    def resolve_other_consumers(found: Reached, info: Any) -> int:
        return found.row.consumers.others


class LineageTotals(graphene.ObjectType):
    """All that a change reaches beyond the asked node, as far as you may see."""

    products = graphene.Int(required=True, description="Products downstream.")
    owners = graphene.Int(required=True, description="Teams that own them.")
    teams = graphene.Int(required=True, description="Those, and teams that consume.")
    consumers = graphene.Int(required=True, description="Who was granted access.")
    datasets = graphene.Int(description="Datasets downstream, if that was asked.")
    columns = graphene.Int(description="Columns downstream, if that was asked.")
    hidden = graphene.Int(required=True, description="Nodes that you may not see, if that is told.")


class LineageImpact(graphene.ObjectType):
    """Whom a change reaches, the nearest first."""

    level = LineageLevel(required=True, description="Of the nodes that were followed.")
    totals = graphene.Field(LineageTotals, required=True, description="Of everything.")
    products = graphene.List(
        graphene.NonNull(LineageReached), required=True, description="As many as `first` says."
    )
    truncated = graphene.Boolean(
        required=True, description="There is more than could be looked at."
    )
    end_cursor = graphene.String(description="Give it as `after` to go on; null: that was all.")

    @staticmethod
    def resolve_level(found: selectors.Impact, info: Any) -> str:
        return str(found.level)

    @staticmethod
    def resolve_products(found: selectors.Impact, info: Any) -> list[Reached]:
        products = rows_of(product_values(row.product) for row in found.rows)
        return [Reached(*each) for each in zip(found.rows, products, strict=True)]

    @staticmethod
    def resolve_truncated(found: selectors.Impact, info: Any) -> bool:
        return not found.is_complete

    @staticmethod
    def resolve_end_cursor(found: selectors.Impact, info: Any) -> str | None:
        return found.next_cursor


class LineagePath(graphene.ObjectType):
    """One shortest way; a node on it that you may not see is of kind HIDDEN."""

    level = LineageLevel(required=True, description="Of its nodes.")
    nodes = graphene.List(
        graphene.NonNull(LineageNode), required=True, description="In order, both ends included."
    )
    edges = graphene.List(
        graphene.NonNull(LineageEdge), required=True, description="Between them, in order."
    )

    @staticmethod
    def resolve_level(found: selectors.Path, info: Any) -> str:
        return str(found.level)

    @staticmethod
    def resolve_nodes(found: selectors.Path, info: Any) -> list[Row]:
        return _nodes(found)


class LineageSources(graphene.ObjectType):
    """Where data begins: nodes upstream into which nothing leads."""

    level = LineageLevel(required=True, description="Of the nodes.")
    nodes = graphene.List(
        graphene.NonNull(LineageNode), required=True, description="The nearest first."
    )
    total = graphene.Int(required=True, description="How many there are that you may see.")
    hidden = graphene.Int(required=True, description="And others, if that is told.")

    @staticmethod
    def resolve_level(found: selectors.Sources, info: Any) -> str:
        return str(found.level)

    @staticmethod
    def resolve_nodes(found: selectors.Sources, info: Any) -> list[Row]:
        return _nodes(found)


class LineageCycle(graphene.ObjectType):
    """Products that all reach one another."""

    size = graphene.Int(required=True, description="How many they are.")
    nodes = graphene.List(
        graphene.NonNull(LineageNode),
        required=True,
        first=graphene.Int(required=True, default_value=10, description="1 to 200."),
        description="By name.",
    )

    @staticmethod
    def resolve_nodes(found: selectors.Cycle, info: Any, first: int) -> list[Row]:
        return _nodes(found)[:first]


class Query(graphene.ObjectType):
    lineage_impact = graphene.Field(
        LineageImpact,
        **NODE,
        level=LineageLevel(description="Without it, that of the node."),
        depth=graphene.Int(description="Hops, 1 to 20; without it: all there is."),
        first=FIRST,
        after=graphene.String(description="`endCursor` of the page before."),
        **AT,
        description="Whom a change of a node reaches; also of contract:<id>. Null: no such node.",
    )
    lineage_path = graphene.Field(
        LineagePath,
        start=graphene.String(required=True, description="Id of the node where it begins."),
        end=graphene.String(required=True, description="Id of the node where it ends."),
        level=LEVEL,
        first=graphene.Int(required=True, description="Nodes that it may have, 2 to 200."),
        **AT,
        description="One shortest path downstream; null where there is none.",
    )
    lineage_sources = graphene.Field(
        LineageSources,
        **NODE,
        level=LEVEL,
        first=FIRST,
        **AT,
        description="Where the data of a node begins. Null: no such node.",
    )
    lineage_orphans = graphene.Field(
        connection(LineageNode),
        required=True,
        level=LineageLevel(
            required=True, default_value=Level.DATASET.value, description="DATASET or PRODUCT."
        ),
        first=FIRST,
        after=graphene.String(description="`endCursor` of the page before."),
        description="What has no lineage at all.",
    )
    lineage_cycles = graphene.List(
        graphene.NonNull(LineageCycle),
        required=True,
        first=FIRST,
        description="Sets of products that all reach one another, the largest first.",
    )

    @staticmethod
    def resolve_lineage_impact(
        root: None,
        info: Any,
        node: str,
        first: int,
        level: Any = None,
        depth: int | None = None,
        after: str | None = None,
        at: dt.datetime | None = None,
    ) -> selectors.Impact | None:
        try:
            return selectors.impact(
                actor=info.context.actor,
                node=node,
                level=_plain(level) or "",
                depth=depth,
                first=first,
                cursor=after,
                at=aware(at),
            )
        except NotFound:
            return None

    @staticmethod
    def resolve_lineage_path(
        root: None,
        info: Any,
        start: str,
        end: str,
        level: Any,
        first: int,
        at: dt.datetime | None = None,
    ) -> selectors.Path | None:
        try:
            found = selectors.path_between(
                actor=info.context.actor, start=start, end=end, level=_plain(level), at=aware(at)
            )
        except NotFound:
            return None
        if found is not None and len(found.nodes) > first:
            problem = Problem("/first", "too-few", f"It has {len(found.nodes)} nodes.")
            raise Invalid("The path is longer than that.", [problem])
        return found

    @staticmethod
    def resolve_lineage_sources(
        root: None, info: Any, node: str, level: Any, first: int, at: dt.datetime | None = None
    ) -> selectors.Sources | None:
        try:
            return selectors.sources_of(
                actor=info.context.actor,
                node=node,
                level=_plain(level),
                first=first,
                at=aware(at),
            )
        except NotFound:
            return None

    @staticmethod
    def resolve_lineage_orphans(
        root: None, info: Any, level: Any, first: int, after: str | None = None
    ) -> Page:
        found = selectors.orphans(
            actor=info.context.actor, level=_plain(level), size=first, cursor=after
        )
        rows = rows_of(map(node_values, found.rows))
        edges = [Edge(*each) for each in zip(rows, found.keys, strict=True)]
        return Page(edges, has_next=found.next_cursor is not None)

    @staticmethod
    def resolve_lineage_cycles(root: None, info: Any, first: int) -> list[selectors.Cycle]:
        return selectors.cycles_of_products(actor=info.context.actor, first=first).cycles


def _plain(level: Any) -> Any:
    return getattr(level, "value", level)
