"""How nodes hang together: a path between two, where data begins, what nothing touches, cycles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Exists, OuterRef

from accounts.actors import Actor
from catalog.lineage.engine import sql
from catalog.lineage.engine.questions import (
    Question,
    current,
    everything,
    passes_hidden,
    seen_ids,
    visible,
    walk,
)
from catalog.lineage.models import DatasetEdge, ProductEdge
from catalog.lineage.selectors.between import edges_among
from catalog.lineage.selectors.ids import focus_of
from catalog.lineage.selectors.rows import DATASET_SHOWS, dataset_node, nodes_of, product_node
from catalog.lineage.selectors.shapes import DOWNSTREAM, Edge, Node, check
from catalog.lineage.states import Direction, Level
from core.errors import Invalid, Unavailable
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

MAX_CYCLES = 200
MAX_OF_CYCLE = 200  # nodes of one that are named
HIDDEN = "hidden:{}"


@dataclass(frozen=True)
class Path:
    """One shortest way, its nodes in order; those that the actor may not see have no name."""

    level: str
    nodes: list[Node]
    edges: list[Edge]


@dataclass(frozen=True)
class Sources:
    """Where data begins: nodes upstream that nothing leads to."""

    focus: Node
    level: str
    nodes: list[Node]  # the nearest first, as many as were asked for
    total: int
    hidden: int
    is_complete: bool


@dataclass(frozen=True)
class Cycle:
    """Products that all reach one another."""

    nodes: list[Node]  # by name, at most MAX_OF_CYCLE
    size: int


@dataclass(frozen=True)
class Cycles:
    """The largest first; `total` counts them all."""

    cycles: list[Cycle]
    total: int


def path_between(
    *,
    actor: Actor,
    start: str,
    end: str,
    level: str = Level.PRODUCT,
    at: dt.datetime | None = None,
) -> Path | None:
    """One shortest path downstream from `start` to `end`; None where there is none. Ends of
    different levels are asked about at the finer one.

    Raises:
        NotFound, AmbiguousNode: as `neighbours`, of either end.
        Invalid: an unknown level, or ends that have no level in common.

    Cost: a constant number of SQL statements.
    """
    check(level=level)
    one, other = focus_of(actor, start, level), focus_of(actor, end, level)
    if one.level != other.level:
        finer = max(one.level, other.level, key=Level.values.index)
        one, other = focus_of(actor, start, finer), focus_of(actor, end, finer)
    if one.level != other.level:
        text = f"One is asked about among {one.level}s, the other among {other.level}s."
        raise Invalid("The two ends have no level in common.", [Problem("/to", "level", text)])
    # an end that stands between its datasets is met at those: a job at what it reads
    targets = other.roots if other.inputs is None else other.inputs
    found = _path(actor, one.level, one.roots, targets, at)
    if not found:
        return None
    distances = {pk: hops for hops, pk in enumerate(found)}
    seen = nodes_of(actor, one.level, distances)
    names = {pk: seen[pk].id if pk in seen else HIDDEN.format(n) for pk, n in distances.items()}
    steps = {(names[a], names[b]) for a, b in pairwise(found)}
    edges, _ = edges_among(one.level, names, (), at)
    nodes = [seen.get(pk) or Node(names[pk], "hidden", "", hops) for pk, hops in distances.items()]
    return Path(one.level, nodes, _in_order(edges, steps, names))


def _in_order(edges: list[Edge], steps: set[tuple[str, str]], names: dict[Any, str]) -> list[Edge]:
    """The edges of the path; what is known of one that touches a hidden node stays hidden."""
    place = {name: at for at, name in enumerate(names.values())}
    kept = sorted(
        (each for each in edges if (each.source, each.target) in steps),
        key=lambda each: place[each.source],
    )
    return [
        Edge(each.source, each.target) if "hidden:" in (each.source[:7], each.target[:7]) else each
        for each in kept
    ]


def _path(
    actor: Actor,
    level: str,
    sources: Sequence[Any],
    targets: Sequence[Any],
    at: dt.datetime | None,
) -> list[Any]:
    asked = Question(level, (*sources, *targets), Direction.DOWNSTREAM, None, at)
    snapshot = current(asked)
    if snapshot is not None:
        from catalog.lineage.engine import closures

        return closures.path(actor, snapshot, list(sources), list(targets))
    found, is_complete = sql.by_levels(level, sources, Direction.DOWNSTREAM, None, at)
    if not is_complete and not set(targets) & found.keys():
        raise Unavailable("The graph is being read; ask again in a minute.")
    kept = set(found) if passes_hidden() else seen_ids(level, actor, found)
    edges = sql.edges_between(level, kept, kept, "e.source_id, e.target_id", at=at)
    return _back(edges, [each for each in sources if each in kept], targets)


def _back(
    edges: Sequence[tuple[Any, ...]], sources: Sequence[Any], targets: Sequence[Any]
) -> list[Any]:
    """A shortest path over a few edges."""
    distance = walk(edges, sources, Direction.DOWNSTREAM, None)
    ends = sorted((distance[node], node) for node in targets if node in distance)
    if not ends:
        return []
    found = [ends[0][1]]
    while distance[found[-1]] > 0:
        before = [a for a, b in edges if b == found[-1] and distance.get(a) == distance[b] - 1]
        found.append(min(before))
    return found[::-1]


def sources_of(
    *,
    actor: Actor,
    node: str,
    level: str = Level.PRODUCT,
    first: int = 200,
    at: dt.datetime | None = None,
) -> Sources:
    """The nodes upstream of a node, or the node itself, into which nothing leads.

    Raises:
        NotFound, AmbiguousNode, Invalid: as `neighbours`.

    Cost: a constant number of SQL statements.
    """
    check(level=level)
    focus = focus_of(actor, node, level)
    roots = focus.roots if focus.inputs is None else focus.inputs
    asked = Question(focus.level, roots, Direction.UPSTREAM, None, at)
    found = everything(actor, asked)
    from catalog.lineage.engine import closures

    ends = closures.ends_of(found, asked)
    shown = (ends & found.seen).nonzero()[0]
    near = found.snapshot.nodes_at(found.nodes[shown[:first]])
    hops = (found.distances[shown[:first]] + focus.base).tolist()
    nodes = nodes_of(actor, focus.level, {pk: -n for pk, n in zip(near, hops, strict=True)})
    return Sources(
        focus=focus.node,
        level=focus.level,
        nodes=list(nodes.values()),
        total=len(shown),
        hidden=int((ends & ~found.seen).sum()) if passes_hidden() else 0,
        is_complete=found.is_complete,
    )


def orphans(
    *, actor: Actor, level: str = Level.DATASET, size: int = 50, cursor: str | None = None
) -> KeysetPage[Node]:
    """Datasets or products that have no edge at all, by id.

    Raises:
        Invalid: another level, or a cursor of another list.

    Cost: one SQL statement.
    """
    if level not in (Level.DATASET, Level.PRODUCT):
        text = f"One of: {Level.DATASET}, {Level.PRODUCT}."
        raise Invalid("There are no orphans of that level.", [Problem("/level", "unknown", text)])
    kind = DatasetEdge if level == Level.DATASET else ProductEdge
    alive: Any = kind.objects.filter(ended_at__isnull=True).order_by()
    seen: Any = visible(level, actor)
    sources, targets = alive, alive
    if not passes_hidden() and not actor.sees_all_metadata:
        others = seen.order_by().values("pk")
        sources, targets = alive.filter(source__in=others), alive.filter(target__in=others)
    lone = seen.filter(
        ~Exists(targets.filter(source=OuterRef("pk"))),
        ~Exists(sources.filter(target=OuterRef("pk"))),
    )
    is_dataset = level == Level.DATASET
    rows = lone.with_team() if is_dataset else lone
    shown = rows.select_related(*(DATASET_SHOWS if is_dataset else ("domain", "owner")))
    order = ["id" if is_dataset else "fqn"]
    page = keyset_page(shown, order=order, size=size, cursor=cursor)
    nodes = [dataset_node(row, 0) if is_dataset else product_node(row, 0) for row in page.rows]
    return KeysetPage(nodes, page.next_cursor, page.keys)


def cycles_of_products(*, actor: Actor, first: int = 50) -> Cycles:
    """Sets of products that all reach one another, over products that the actor may see.

    Raises:
        Unavailable: the graph has not been read yet.

    Cost: a constant number of SQL statements.
    """
    snapshot = current(Question(Level.PRODUCT, (), DOWNSTREAM))
    if snapshot is None:
        raise Unavailable("The graph is being read; ask again in a minute.")
    from catalog.lineage.engine import closures

    every = closures.cycles(actor, snapshot)
    kept = [each[:MAX_OF_CYCLE] for each in every[: min(first, MAX_CYCLES)]]
    nodes = nodes_of(actor, Level.PRODUCT, {pk: 0 for each in kept for pk in each})
    named = [sorted((nodes[pk] for pk in each if pk in nodes), key=_name) for each in kept]
    sizes = map(len, every)
    return Cycles([Cycle(*each) for each in zip(named, sizes, strict=False)], len(every))


def _name(node: Node) -> str:
    return node.id
