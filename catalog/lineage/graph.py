"""Reaching in a graph of dense nodes 0..n-1, on plain arrays: breadth-first, both directions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from catalog.lineage.states import Direction

Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

FEW = 64  # a frontier under one in so many nodes is sorted, a larger one marked


@dataclass(frozen=True)
class Rows:
    """Neighbours by node: those of `node` are `to[at[node]:at[node + 1]]`."""

    at: Longs
    to: Ints

    def of(self, nodes: Ints | Longs) -> Ints:
        """Neighbours of all the nodes, with repeats. Cost: what comes out."""
        starts = self.at[nodes]
        counts = self.at[nodes + 1] - starts
        ends = counts.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        found: Ints = self.to[np.repeat(starts - ends + counts, counts) + np.arange(total)]
        return found

    def counts(self) -> Longs:
        """How many neighbours each node has."""
        return np.diff(self.at)


@dataclass(frozen=True)
class Patch:
    """The rows of some nodes, in place of those that a snapshot has."""

    nodes: Longs  # sorted
    rows: Rows
    touched: Mask  # by node of the whole graph


@dataclass(frozen=True)
class Way:
    """All edges in one direction, with what changed since they were written down."""

    rows: Rows
    patch: Patch | None = None

    def of(self, nodes: Ints | Longs) -> Ints:
        """Neighbours of all the nodes, with repeats."""
        if self.patch is None:
            return self.rows.of(nodes)
        new = self.patch.touched[nodes]
        patched = np.searchsorted(self.patch.nodes, nodes[new])
        return np.concatenate([self.rows.of(nodes[~new]), self.patch.rows.of(patched)])

    def counts(self) -> Longs:
        """How many neighbours each node has."""
        counts = self.rows.counts()
        if self.patch is not None:
            counts[self.patch.nodes] = self.patch.rows.counts()
        return counts


@dataclass(frozen=True)
class Adjacency:
    """A graph in both directions."""

    size: int
    out: Way
    into: Way

    def way(self, direction: str) -> Way:
        """The edges as they are walked in this direction."""
        return self.into if direction == Direction.UPSTREAM else self.out


def rows_of(sources: Ints | Longs, targets: Ints | Longs, size: int) -> Rows:
    """Rows of the edges, each row sorted; `sources` and `targets` hold each pair once."""
    order = np.lexsort((targets, sources))
    at = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(sources, minlength=size), out=at[1:])
    return Rows(at, targets[order].astype(np.int32))


def adjacency_of(sources: Longs, targets: Longs, size: int) -> Adjacency:
    """The graph of the pairs, repeats dropped. Cost: a sort of the edges each way."""
    pairs = np.unique(sources * size + targets)
    sources, targets = pairs // max(size, 1), pairs % max(size, 1)
    return Adjacency(
        size, Way(rows_of(sources, targets, size)), Way(rows_of(targets, sources, size))
    )


def patched(graph: Adjacency, size: int, pairs: Iterable[tuple[int, int, bool]]) -> Adjacency:
    """`graph`, grown to `size` nodes, in which each `(source, target, is there)` holds."""
    told = np.array([*pairs], dtype=np.int64).reshape(-1, 3)
    if not len(told) and size == graph.size:
        return graph
    there = told[:, 2] == 1
    return Adjacency(
        size,
        _patched(graph.out.rows, size, told[:, 0], told[:, 1], there),
        _patched(graph.into.rows, size, told[:, 1], told[:, 0], there),
    )


def _patched(rows: Rows, size: int, near: Longs, far: Longs, there: Mask) -> Way:
    grown = np.full(size + 1, rows.at[-1], dtype=np.int64)
    grown[: len(rows.at)] = rows.at
    known = Rows(grown, rows.to)
    nodes = np.unique(near)
    counts = known.at[nodes + 1] - known.at[nodes]
    before = np.repeat(nodes, counts) * size + known.of(nodes)
    kept = before[~np.isin(before, near * size + far)]
    pairs = np.unique(np.concatenate([kept, (near * size + far)[there]]))
    at = np.searchsorted(nodes, pairs // size)
    touched = np.zeros(size, dtype=np.bool_)
    touched[nodes] = True
    return Way(known, Patch(nodes, rows_of(at, pairs % size, len(nodes)), touched))


@dataclass(frozen=True)
class Reach:
    """Nodes with their distance in hops, the nearest first and by number; roots are at 0."""

    nodes: Longs
    distances: Ints


def reach(
    graph: Adjacency,
    roots: Sequence[int],
    direction: str,
    *,
    depth: int | None = None,
    closed: Mask | None = None,
) -> Reach:
    """Everything within `depth` hops of the roots; none: everything there is.

    Args:
        closed: nodes that are not entered.

    Cost: O(nodes + edges reached), a few passes over arrays a hop.
    """
    way = graph.way(direction)
    unseen = np.ones(graph.size, dtype=np.bool_)
    if closed is not None:
        unseen &= ~closed
    frontier = np.unique(np.array(roots, dtype=np.int64))
    unseen[frontier] = False
    layers = [frontier]
    while len(frontier) and (depth is None or len(layers) <= depth):
        following = way.of(frontier)
        frontier = _once(following[unseen[following]], graph.size)
        unseen[frontier] = False
        if len(frontier):
            layers.append(frontier)
    sizes = [len(layer) for layer in layers]
    distances = np.repeat(np.arange(len(layers), dtype=np.int32), sizes)
    return Reach(np.concatenate(layers), distances)


def _once(nodes: Ints, size: int) -> Longs:
    """Sorted, without repeats."""
    if len(nodes) * FEW < size:
        return np.unique(nodes).astype(np.int64)
    marked = np.zeros(size, dtype=np.bool_)
    marked[nodes] = True
    return np.flatnonzero(marked)


def path(
    graph: Adjacency, sources: Sequence[int], targets: Sequence[int], closed: Mask | None = None
) -> list[int]:
    """Nodes of one shortest path downstream, both ends included; [] where there is none."""
    found = reach(graph, sources, Direction.DOWNSTREAM, closed=closed)
    distance = np.full(graph.size, -1, dtype=np.int32)
    distance[found.nodes] = found.distances
    ends = [node for node in targets if distance[node] >= 0]
    if not ends:
        return []
    way = [min(ends, key=lambda node: (distance[node], node))]
    while (left := int(distance[way[-1]])) > 0:
        before = graph.into.of(np.array([way[-1]], dtype=np.int64))
        way.append(int(before[distance[before] == left - 1].min()))
    return way[::-1]


def cycles(graph: Adjacency, closed: Mask | None = None) -> list[list[int]]:
    """Sets of nodes that all reach one another, of two and more, the largest first.

    What lies on no cycle is pared away first, from both ends; the rest is walked (Tarjan 1972).

    Cost: O(nodes + edges).
    """
    alive = np.ones(graph.size, dtype=np.bool_) if closed is None else ~closed
    for way in (graph.out, graph.into):
        _pare(alive, way)
    inner = np.flatnonzero(alive)
    following = {int(node): graph.out.of(np.array([node], dtype=np.int64)) for node in inner}
    links = {node: [int(n) for n in found if alive[n]] for node, found in following.items()}
    return sorted((sorted(each) for each in _components(links)), key=lambda c: (-len(c), c))


def _pare(alive: Mask, way: Way) -> None:
    """Take out, again and again, what nothing alive leads to."""
    counts = np.bincount(way.of(np.flatnonzero(alive)), minlength=len(alive))
    bare = np.flatnonzero(alive & (counts == 0))
    while len(bare):
        alive[bare] = False
        following = way.of(bare)
        np.subtract.at(counts, following, 1)
        touched = np.unique(following)
        bare = touched[alive[touched] & (counts[touched] == 0)]


def _components(links: dict[int, list[int]]) -> list[list[int]]:
    """Strongly connected sets of two and more, without recursion."""
    found: list[list[int]] = []
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in links:
        walk = [(root, iter(links[root]))] if root not in number else []
        while walk:
            node, rest = walk[-1]
            if node not in number:
                number[node] = low[node] = len(number)
                stack.append(node)
                on_stack.add(node)
            for other in rest:
                if other not in number:
                    walk.append((other, iter(links[other])))
                    break
                if other in on_stack:
                    low[node] = min(low[node], number[other])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == number[node]:
                    found.append(_popped(stack, on_stack, node))
    return [each for each in found if len(each) > 1]


def _popped(stack: list[int], on_stack: set[int], node: int) -> list[int]:
    component = [stack.pop()]
    while component[-1] != node:
        component.append(stack.pop())
    on_stack.difference_update(component)
    return component
