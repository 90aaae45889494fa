"""Answers from a snapshot: everything that is reached, as arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.actors import Actor
from catalog.lineage import graph
from catalog.lineage.engine import sql
from catalog.lineage.engine.questions import (
    HIDDEN_KEPT,
    Found,
    Question,
    passes_hidden,
)
from catalog.lineage.engine.reading import NOBODY
from catalog.lineage.engine.seen import seen_mask
from catalog.lineage.engine.snapshot import NEVER, Snapshot, as_key, as_uuid, of_nodes
from catalog.lineage.graph import Ints, Longs, Mask
from catalog.lineage.states import Direction

ALL = slice(None)


@dataclass(frozen=True)
class Closure:
    """Everything that is reached, the nearest first, and which of it the actor may see."""

    snapshot: Snapshot
    nodes: Longs
    distances: Ints
    seen: Mask
    is_complete: bool = True  # False: time or room ended first, and there is more


def closure(actor: Actor, snapshot: Snapshot, asked: Question) -> Closure:
    """What the question reaches. One SQL statement at most."""
    closed = None if passes_hidden() else _closed(actor, snapshot)
    roots = snapshot.places(asked.roots)
    if closed is not None:
        roots = [root for root in roots if not closed[root]]
    found = graph.reach(snapshot.graph, roots, asked.direction, depth=asked.depth, closed=closed)
    if closed is None:
        seen = seen_mask(actor, snapshot, found.nodes)
    else:
        seen = np.ones(len(found.nodes), dtype=np.bool_)
    return Closure(snapshot, found.nodes, found.distances, seen)


def of_levels(actor: Actor, level: str, found: Mapping[Any, int], *, is_complete: bool) -> Closure:
    """What SQL found, in the same form. Two SQL statements at most."""
    snapshot = of_nodes(level, found)
    nodes = np.arange(snapshot.graph.size, dtype=np.int64)
    distances = np.array([found[node] for node in snapshot.nodes_at(nodes)], dtype=np.int32)
    order = np.lexsort((nodes, distances))
    seen = seen_mask(actor, snapshot, nodes[order])
    return Closure(snapshot, nodes[order], distances[order], seen, is_complete)


def nearest(actor: Actor, snapshot: Snapshot, asked: Question, first: int) -> Found:
    """As `questions.nearest`."""
    found = closure(actor, snapshot, asked)
    shown, hidden = np.flatnonzero(found.seen), np.flatnonzero(~found.seen)
    kept = found.nodes[shown[:first]]
    near = zip(snapshot.nodes_at(kept), found.distances[shown[:first]].tolist(), strict=True)
    counts = np.bincount(found.distances[shown])
    return Found(
        list(near),
        len(shown),
        len(hidden),
        snapshot.nodes_at(found.nodes[hidden[:HIDDEN_KEPT]]),
        per_distance={hops: int(n) for hops, n in enumerate(counts) if n},
    )


def _closed(actor: Actor, snapshot: Snapshot) -> Mask | None:
    """Nodes that the actor may not even pass; None: there are none."""
    if actor.sees_all_metadata:
        return None
    return ~seen_mask(actor, snapshot, np.arange(snapshot.graph.size, dtype=np.int64))


@dataclass(frozen=True)
class Products:
    """Products that are reached, the nearest first and by id; all arrays have one length."""

    keys: NDArray[Any]  # ids, 16 bytes each
    distances: Ints
    nodes: Longs  # how many nodes of the product are reached
    datasets: Longs  # and of how many of its datasets

    def __len__(self) -> int:
        return len(self.keys)

    def upto(self, first: int) -> Products:
        """The first of them."""
        return self._where(slice(first))

    def later(self, hops: int) -> Products:
        """The same, so many hops further away."""
        return replace(self, distances=self.distances + np.int32(hops))

    def uncounted(self) -> Products:
        """The same, without counts of nodes and datasets."""
        return replace(self, nodes=self.nodes * 0, datasets=self.datasets * 0)

    def after(self, distance: int, product: UUID) -> Products:
        """Those that come after the product at this distance."""
        key = np.array([as_key(product)], dtype="S16")
        further = self.distances > distance
        return self._where(further | ((self.distances == distance) & (self.keys > key)))

    def _where(self, asked: slice | Mask) -> Products:
        return Products(
            self.keys[asked], self.distances[asked], self.nodes[asked], self.datasets[asked]
        )

    def ids(self, asked: slice | Mask = ALL) -> list[UUID]:
        """Their ids."""
        return [as_uuid(key) for key in self.keys[asked]]


def products_of(found: Closure) -> Products:
    """The products of what the actor may see of the closure."""
    snapshot = found.snapshot
    shown = found.seen & (snapshot.product[found.nodes] != NOBODY)
    nodes = found.nodes[shown]
    places, first, counts = np.unique(
        snapshot.product[nodes], return_index=True, return_counts=True
    )
    _, one_each = np.unique(snapshot.parent[nodes], return_index=True)
    datasets = np.bincount(snapshot.product[nodes[one_each]], minlength=snapshot.products_count)
    distances = found.distances[shown][first]
    keys = snapshot.product_keys()[places]
    order = np.lexsort((keys, distances))
    return Products(keys[order], distances[order], counts[order], datasets[places][order])


def products_at(ids: Collection[UUID], distance: int) -> Products:
    """Products that are reached otherwise, at one distance."""
    keys = np.array(sorted(as_key(each) for each in ids), dtype="S16")
    none = np.zeros(len(keys), dtype=np.int64)
    return Products(keys, np.full(len(keys), distance, dtype=np.int32), none, none)


def joined(parts: Sequence[Products]) -> Products:
    """Products that are reached in several ways, each once and where it is nearest."""
    keys, at = np.unique(np.concatenate([part.keys for part in parts]), return_inverse=True)
    distances = np.full(len(keys), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(distances, at, np.concatenate([part.distances for part in parts]))
    nodes, datasets = (np.zeros(len(keys), dtype=np.int64) for _ in range(2))
    np.add.at(nodes, at, np.concatenate([part.nodes for part in parts]))
    np.add.at(datasets, at, np.concatenate([part.datasets for part in parts]))
    order = np.lexsort((keys, distances))
    return Products(keys[order], distances[order], nodes[order], datasets[order])


def ends_of(found: Closure, asked: Question) -> Mask:
    """Which nodes of a closure without a depth lead no further in the direction of the question.

    What the actor may not pass is no way further: all others that a node leads to are in the
    closure, so a node is no end where one of the closure's nodes leads back to it.
    """
    if found.snapshot.head.horizon != NEVER:
        further = np.zeros(found.snapshot.graph.size, dtype=np.bool_)
        further[found.snapshot.graph.way(_back(asked.direction)).of(found.nodes)] = True
        ends: Mask = ~further[found.nodes]
        return ends
    ids = found.snapshot.nodes_at(found.nodes)
    if passes_hidden():
        leading = sql.with_edges(asked.level, ids, asked.direction, asked.at)
    else:
        near = 0 if asked.direction == Direction.DOWNSTREAM else 1
        between = sql.edges_between(asked.level, ids, ids, "e.source_id, e.target_id", at=asked.at)
        leading = {edge[near] for edge in between}
    return np.array([node not in leading for node in ids], dtype=np.bool_)


def _back(direction: str) -> str:
    return Direction.UPSTREAM if direction == Direction.DOWNSTREAM else Direction.DOWNSTREAM


def path(actor: Actor, snapshot: Snapshot, sources: list[Any], targets: list[Any]) -> list[Any]:
    """Nodes of one shortest path downstream; [] where there is none."""
    closed = None if passes_hidden() else _closed(actor, snapshot)
    ends = (snapshot.places(sources), snapshot.places(targets))
    return snapshot.nodes_at(graph.path(snapshot.graph, *ends, closed))


def cycles(actor: Actor, snapshot: Snapshot) -> list[list[Any]]:
    """Sets of nodes that the actor may see and that all reach one another over such nodes."""
    found = graph.cycles(snapshot.graph, _closed(actor, snapshot))
    return [snapshot.nodes_at(each) for each in found]
