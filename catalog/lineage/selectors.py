"""Questions about lineage; every answer is bounded and holds only what the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.actors import Actor
from catalog.lineage.keys import node_key_of
from catalog.lineage.models import Dataset, ProductEdge
from catalog.lineage.states import Direction, Level
from catalog.products.models import DataProduct, InputPort, System
from core.errors import Invalid, NotFound
from core.problems import Problem

MAX_DEPTH = 20
MAX_NODES = 5000  # looked at in one answer
MAX_NEIGHBOURS = 200
NEIGHBOUR_SHOWS = ("fqn", "name", "archetype", "quality_score", "domain__name")

# UNION drops repeats per distance; the depth bounds cycles, the LIMIT a hub (DESIGN §6).
REACH = """
WITH RECURSIVE reach(root, node, distance) AS (
    SELECT root, root, 0 FROM unnest(%(roots)s::{type}[]) AS root
    UNION
    SELECT reach.root, edge.{far}, reach.distance + 1
    FROM reach JOIN {table} edge ON edge.{near} = reach.node WHERE reach.distance < %(depth)s
)
SELECT root, node, min(distance) FROM (SELECT * FROM reach LIMIT %(limit)s) AS found
GROUP BY root, node ORDER BY 3, 2
"""
TABLES = {
    Level.PRODUCT: ("lineage_productedge", "uuid"),
    Level.DATASET: ("lineage_datasetedge", "bigint"),
}


@dataclass(frozen=True)
class Node:
    """One node. `distance` in hops from the asked one: negative upstream, positive downstream."""

    id: str
    kind: str  # product, dataset, system
    name: str
    distance: int
    product: DataProduct | None = None
    dataset: Dataset | None = None
    system: System | None = None


@dataclass(frozen=True)
class Edge:
    source: str
    target: str
    via: str


@dataclass(frozen=True)
class Graph:
    """A bounded answer; `total_nodes` counts what was found before the cut, the focus included."""

    focus: Node
    nodes: list[Node]
    edges: list[Edge]
    total_nodes: int
    truncated: bool
    level: str = Level.PRODUCT
    depth: int = 1


def reach(
    roots: Sequence[UUID | int], *, direction: str, depth: int, level: str = Level.PRODUCT
) -> list[tuple[Any, Any, int]]:
    """`(root, node, hops)` for all nodes within `depth` hops of each root, the roots left out.

    Cost: one SQL statement for any number of roots.
    """
    table, kind = TABLES[Level(level)]
    near, far = (
        ("target_id", "source_id")
        if direction == Direction.UPSTREAM
        else ("source_id", "target_id")
    )
    sql = REACH.format(type=kind, table=table, near=near, far=far)
    limit = MAX_NODES * max(1, len(roots))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"roots": list(roots), "depth": depth, "limit": limit})
        return [row for row in cursor.fetchall() if row[0] != row[1]]


def neighbours(
    *,
    actor: Actor,
    node: str,
    direction: str = Direction.BOTH,
    depth: int = 3,
    level: str = Level.PRODUCT,
    first: int = 200,
) -> Graph:
    """What lies within `depth` hops (1 to 20) of a node the actor may see, nearest first.

    Raises:
        NotFound: no such node, or the actor may not see it.
        Invalid: depth, direction or level out of range; column level is not recorded yet.
    """
    _check(direction, depth, level)
    if node.startswith("dataset:") or level == Level.DATASET:
        return _dataset_graph(actor, node, direction, depth, first)
    if node.startswith("system:"):
        return _system_graph(actor, node, direction, depth, first)
    return _product_graph(actor, node, direction, depth, first)


def direct_neighbours(
    actor: Actor, product: DataProduct
) -> tuple[list[DataProduct], list[DataProduct]]:
    """Products that `product` reads from, and those that read it, the last seen first.

    Cost: two SQL statements; one when there is no neighbour.
    """
    touching = ProductEdge.objects.filter(Q(source=product) | Q(target=product))
    rows = touching.order_by("-last_seen", "id").values_list("source_id", "target_id")
    edges = list(rows[:MAX_NEIGHBOURS])
    ids = {pk for edge in edges for pk in edge} - {product.pk}
    shown = DataProduct.objects.visible_to(actor).select_related("domain").only(*NEIGHBOUR_SHOWS)
    found = {each.pk: each for each in shown.filter(pk__in=ids).order_by()} if ids else {}
    sources = dict.fromkeys(pk for pk, target in edges if target == product.pk and pk in found)
    targets = dict.fromkeys(pk for source, pk in edges if source == product.pk and pk in found)
    return [found[pk] for pk in sources], [found[pk] for pk in targets]


def _check(direction: str, depth: int, level: str) -> None:
    problems = []
    if direction not in Direction.values:
        problems.append(Problem("/direction", "unknown", f"One of: {', '.join(Direction.values)}."))
    if not 1 <= depth <= MAX_DEPTH:
        problems.append(Problem("/depth", "out-of-range", f"1 to {MAX_DEPTH} hops."))
    if level not in TABLES:
        known = ", ".join(TABLES)
        problems.append(Problem("/level", "unknown", f"Lineage is recorded at level: {known}."))
    if problems:
        raise Invalid("The lineage question could not be read.", problems)


def _distances(focus: Any, direction: str, depth: int, level: str) -> dict[Any, int]:
    """Hops of each node, negative upstream; a node on both sides counts where it is nearer."""
    found: dict[Any, int] = {}
    for side, sign in ((Direction.UPSTREAM, -1), (Direction.DOWNSTREAM, 1)):
        if direction not in (side, Direction.BOTH):
            continue
        for _, node, hops in reach([focus], direction=side, depth=depth, level=level):
            if node not in found or hops < abs(found[node]):
                found[node] = sign * hops
    return found


def _product_graph(actor: Actor, node: str, direction: str, depth: int, first: int) -> Graph:
    products = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    focus = products.filter(fqn=node.removeprefix("product:")).first()
    if focus is None:
        raise NotFound("There is no such node, or you may not see it.")
    distances = _distances(focus.pk, direction, depth, Level.PRODUCT)
    graph = _around(actor, _product_node(focus, 0), distances, depth, first)
    return graph if direction == Direction.DOWNSTREAM else _with_systems(graph, first)


def _around(actor: Actor, here: Node, distances: dict[Any, int], depth: int, first: int) -> Graph:
    """The graph of the products that `actor` may see among those at `distances`."""
    products = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    visible = products.in_bulk(list(distances))
    nodes = [_product_node(visible[pk], hops) for pk, hops in distances.items() if pk in visible]
    return _graph(here, nodes, Level.PRODUCT, depth, first)


def _graph(here: Node, nodes: list[Node], level: Level, depth: int, first: int) -> Graph:
    """The `first` nearest of the nodes, with the edges between them and their focus."""
    nodes = sorted(nodes, key=lambda found: (abs(found.distance), found.id))
    kept = [here, *nodes[:first]]
    pairs = [(each.dataset if level is Level.DATASET else each.product, each.id) for each in kept]
    ids = {row.pk: node_id for row, node_id in pairs if row is not None}
    return Graph(
        focus=here,
        nodes=kept,
        edges=_edges_between(ids, level),
        total_nodes=len(nodes) + 1,
        truncated=len(nodes) > first,
        level=level,
        depth=depth,
    )


def _with_systems(graph: Graph, first: int) -> Graph:
    """The graph with the operational systems that its focus and upstream products read.

    Cost: one SQL statement.
    """
    reading = {
        node.product.pk: node
        for node in graph.nodes
        if node.product and -graph.depth < node.distance <= 0
    }
    inputs = InputPort.objects.filter(product__in=reading, system__isnull=False)
    found: dict[str, Node] = {}
    edges = []
    rows = inputs.select_related("system__domain", "system__owner").order_by("system__fqn", "pk")
    for each in rows[:MAX_NODES]:
        if each.system is None:
            continue
        reader = reading[each.product_id]
        node = _system_node(each.system, reader.distance - 1)
        known = found.setdefault(node.id, node)
        if node.distance > known.distance:  # nearer to the focus
            found[node.id] = node
        edges.append(Edge(node.id, reader.id, "declared"))
    room = max(0, first + 1 - len(graph.nodes))
    kept = dict(list(found.items())[:room])
    return replace(
        graph,
        nodes=[*graph.nodes, *kept.values()],
        edges=[*graph.edges, *dict.fromkeys(edge for edge in edges if edge.source in kept)],
        total_nodes=graph.total_nodes + len(found),
        truncated=graph.truncated or len(found) > room,
    )


def _system_graph(actor: Actor, node: str, direction: str, depth: int, first: int) -> Graph:
    """A system and what is made from it."""
    systems = System.objects.visible_to(actor).select_related("domain", "owner")
    focus = systems.filter(fqn=node.removeprefix("system:")).first()
    if focus is None:
        raise NotFound("There is no such node, or you may not see it.")
    readers = list(InputPort.objects.filter(system=focus).values_list("product_id", flat=True))
    distances: dict[Any, int] = {}
    if direction != Direction.UPSTREAM:
        distances = dict.fromkeys(readers, 1)
        further = reach(readers, direction=Direction.DOWNSTREAM, depth=depth - 1)
        for _, product, hops in further:
            distances[product] = min(distances.get(product, hops + 1), hops + 1)
    here = _system_node(focus, 0)
    graph = _around(actor, here, distances, depth, first)
    near = {found.product.pk: found.id for found in graph.nodes if found.product}
    edges = [Edge(here.id, near[pk], "declared") for pk in dict.fromkeys(readers) if pk in near]
    return replace(graph, edges=[*graph.edges, *edges])


def _system_node(system: System, distance: int) -> Node:
    return Node(f"system:{system.fqn}", "system", system.name, distance, system=system)


def _product_node(product: DataProduct, distance: int) -> Node:
    return Node(f"product:{product.fqn}", "product", product.name, distance, product=product)


def _dataset_graph(actor: Actor, node: str, direction: str, depth: int, first: int) -> Graph:
    datasets = Dataset.objects.visible_to(actor).select_related(
        "port__product__domain", "port__product__owner"
    )
    focus = _dataset_focus(datasets, node)
    distances = _distances(focus.pk, direction, depth, Level.DATASET)
    visible = datasets.in_bulk(list(distances))
    nodes = [_dataset_node(visible[pk], hops) for pk, hops in distances.items() if pk in visible]
    return _graph(_dataset_node(focus, 0), nodes, Level.DATASET, depth, first)


def _dataset_focus(datasets: Any, node: str) -> Dataset:
    """A dataset by its id, or the first one that a product's ports offer."""
    if node.startswith("dataset:"):
        found = datasets.filter(node_key=node_key_of(node), node_id=node).first()
    else:
        fqn = node.removeprefix("product:")
        found = datasets.filter(port__product__fqn=fqn).order_by("port__position", "pk").first()
    if found is None:
        raise NotFound("There is no such node, or you may not see it.")
    dataset: Dataset = found
    return dataset


def _dataset_node(dataset: Dataset, distance: int) -> Node:
    product = dataset.port.product if dataset.port else None
    return Node(dataset.node_id, "dataset", dataset.name, distance, product, dataset)


def _edges_between(ids: dict[Any, str], level: str) -> list[Edge]:
    table, kind = TABLES[Level(level)]
    via = "max(via)" if level == Level.PRODUCT else "''"
    sql = (
        f"SELECT source_id, target_id, {via} FROM {table} "  # noqa: S608 - names from TABLES
        f"WHERE source_id = ANY(%s::{kind}[]) AND target_id = ANY(%s::{kind}[]) "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids), list(ids)])
        rows = cursor.fetchall()
    return [Edge(ids[source], ids[target], found) for source, target, found in rows]
