"""The graph around a node."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.actors import Actor
from catalog.lineage.engine import sql
from catalog.lineage.engine.questions import Found, Question, nearest
from catalog.lineage.models import ProductEdge
from catalog.lineage.selectors.between import edges_among, edges_to_hidden, more_around
from catalog.lineage.selectors.ids import NO_NODE, Focus, focus_of
from catalog.lineage.selectors.rows import nodes_of
from catalog.lineage.selectors.shapes import (
    DOWNSTREAM,
    UPSTREAM,
    Edge,
    Graph,
    Node,
    check,
    sides,
)
from catalog.lineage.selectors.systems import readings_of, with_systems
from catalog.lineage.states import Direction, Level
from catalog.products.models import DataProduct
from core.errors import NotFound

MAX_NODES = 5_000  # looked at in one answer
MAX_FIRST = 1_000
MAX_NEIGHBOURS = 200
NEIGHBOUR_SHOWS = ("fqn", "name", "archetype", "quality_score", "domain__name")


def reach(
    roots: Sequence[UUID | int], *, direction: str, depth: int, level: str = Level.PRODUCT
) -> list[tuple[Any, Any, int]]:
    """`(root, node, hops)` for all nodes within `depth` hops of each root, the roots left out.

    Cost: one SQL statement for any number of roots.
    """
    return sql.each(level, roots, direction, depth, MAX_NODES * max(1, len(roots)))


def neighbours(
    *,
    actor: Actor,
    node: str,
    direction: str = Direction.BOTH,
    depth: int = 3,
    level: str = Level.PRODUCT,
    first: int = 200,
    at: dt.datetime | None = None,
) -> Graph:
    """What lies within `depth` hops (1 to 20) of a node the actor may see, nearest first; as it
    was at `at`, if that is given.

    Raises:
        NotFound: no such node, or the actor may not see it.
        AmbiguousNode: the id is that of two nodes.
        Invalid: depth, direction or level out of range.

    Cost: a constant number of SQL statements, whatever is found.
    """
    check(direction=direction, depth=depth, level=level)
    focus = focus_of(actor, node, level)
    if focus.node.kind == "contract":
        raise NotFound(NO_NODE)
    reached = _reached(actor, focus, direction, depth, at)
    kept = reached.nearest(min(first, MAX_FIRST) + (1 if focus.is_one else 0))
    nodes = nodes_of(actor, focus.level, kept)
    names = {pk: each.id for pk, each in nodes.items()}
    edges, strange = edges_among(focus.level, names, reached.hidden_ids, at)
    around = Graph(
        focus=replace(focus.node, more={}),
        nodes=list(nodes.values()),
        edges=edges,
        total_nodes=reached.total,
        truncated=reached.total > len(nodes) or not reached.is_complete,
        level=focus.level,
        depth=depth,
        as_of=at,
        hidden=reached.hidden,
        hidden_nodes=_hidden_nodes(reached),
        hidden_edges=edges_to_hidden(strange, names, reached.sides_of_hidden),
    )
    around = _with_focus(around, focus, names, nodes)
    reads = readings_of(nodes, at) if focus.level == Level.PRODUCT and nodes else []
    around = with_systems(around, direction, first, nodes, reads)
    return more_around(actor, around, nodes, at, reads)


@dataclass(frozen=True)
class _Reached:
    """Both sides of a focus."""

    distances: dict[Any, int]  # upstream negative
    total: int
    is_complete: bool
    hidden: dict[str, int]
    sides_of_hidden: dict[Any, str]

    @property
    def hidden_ids(self) -> list[Any]:
        return list(self.sides_of_hidden)

    def nearest(self, first: int) -> dict[Any, int]:
        rows = sorted(self.distances.items(), key=lambda item: (abs(item[1]), item[0]))
        return dict(rows[:first])


def _reached(
    actor: Actor, focus: Focus, direction: str, depth: int, at: dt.datetime | None
) -> _Reached:
    distances: dict[Any, int] = {}
    total, is_complete = 0, True
    hidden = {UPSTREAM: 0, DOWNSTREAM: 0}
    sides_of_hidden: dict[Any, str] = {}
    for side in sides(direction):
        found = _side(actor, focus, side, depth, at)
        sign = -1 if side == Direction.UPSTREAM else 1
        twice = 0
        for node, hops in found.nodes:
            twice += node in distances
            if node not in distances or hops + focus.base < abs(distances[node]):
                distances[node] = sign * (hops + focus.base)
        total += found.total - twice
        is_complete &= found.is_complete
        hidden[side] = found.hidden
        sides_of_hidden |= {node: side for node in found.hidden_ids if node not in sides_of_hidden}
    return _Reached(distances, total, is_complete, hidden, sides_of_hidden)


def _side(actor: Actor, focus: Focus, side: str, depth: int, at: dt.datetime | None) -> Found:
    roots = focus.roots_of(side)
    if not roots:
        return Found([], 0, 0, [])
    return nearest(actor, Question(focus.level, roots, side, depth - focus.base, at), MAX_NODES)


def _hidden_nodes(reached: _Reached) -> list[Node]:
    """At most one a side; it stands one hop away, wherever the hidden ones are."""
    signs = ((UPSTREAM, -1), (DOWNSTREAM, 1))
    return [
        Node(f"hidden:{side}", "hidden", "", sign, count=reached.hidden[side])
        for side, sign in signs
        if reached.hidden[side]
    ]


def _with_focus(
    graph: Graph, focus: Focus, names: Mapping[Any, str], nodes: Mapping[Any, Node]
) -> Graph:
    """The focus in its place: one of the nodes, or a node before its roots, or none of them."""
    if focus.is_one:
        [root] = focus.roots
        return replace(graph, focus=nodes.get(root, graph.focus))
    if focus.base:
        return _with_focus_between(graph, focus, names)
    if not graph.nodes:
        return replace(graph, nodes=[graph.focus], total_nodes=1)
    return graph


def _with_focus_between(graph: Graph, focus: Focus, names: Mapping[Any, str]) -> Graph:
    """A job or system with edges to what it touches, in place of edges that say the same."""
    here = graph.focus
    said = "declared" if here.kind == "system" else ""
    inputs = [names[pk] for pk in focus.roots_of(UPSTREAM) if pk in names]
    outputs = [names[pk] for pk in focus.roots_of(DOWNSTREAM) if pk in names]
    edges = [edge for edge in graph.edges if edge.via != here.id]
    edges += [Edge(each, here.id, said, said) for each in inputs]
    edges += [Edge(here.id, each, said, said) for each in outputs]
    return replace(
        graph, nodes=[here, *graph.nodes], edges=edges, total_nodes=graph.total_nodes + 1
    )


def direct_neighbours(
    actor: Actor, product: DataProduct
) -> tuple[list[DataProduct], list[DataProduct]]:
    """Products that `product` reads from, and those that read it, the last seen first.

    Cost: two SQL statements; one when there is no neighbour.
    """
    alive = ProductEdge.objects.filter(ended_at__isnull=True)
    touching = alive.filter(Q(source=product) | Q(target=product))
    rows = touching.order_by("-last_seen", "id").values_list("source_id", "target_id")
    edges = list(rows[:MAX_NEIGHBOURS])
    ids = {pk for edge in edges for pk in edge} - {product.pk}
    shown = DataProduct.objects.visible_to(actor).select_related("domain").only(*NEIGHBOUR_SHOWS)
    found = {each.pk: each for each in shown.filter(pk__in=ids).order_by()} if ids else {}
    sources = dict.fromkeys(pk for pk, target in edges if target == product.pk and pk in found)
    targets = dict.fromkeys(pk for source, pk in edges if source == product.pk and pk in found)
    return [found[pk] for pk in sources], [found[pk] for pk in targets]
