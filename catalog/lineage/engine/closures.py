"""Answers from a snapshot: everything that is reached, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounts.actors import Actor
from catalog.lineage import graph
from catalog.lineage.engine.questions import (
    HIDDEN_KEPT,
    Found,
    Question,
    passes_hidden,
    seen_ids,
    visible,
)
from catalog.lineage.engine.reading import NOBODY
from catalog.lineage.engine.seen import seen_mask
from catalog.lineage.engine.snapshot import Snapshot
from catalog.lineage.graph import Ints, Longs, Mask


@dataclass(frozen=True)
class Closure:
    """Everything that is reached, the nearest first, and which of it the actor may see."""

    snapshot: Snapshot
    nodes: Longs
    distances: Ints
    seen: Mask


def closure(actor: Actor, snapshot: Snapshot, asked: Question) -> Closure:
    """What the question reaches. Roots without edges are not in it. One SQL statement at most."""
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


def nearest(actor: Actor, snapshot: Snapshot, asked: Question, first: int) -> Found:
    """As `questions.nearest`."""
    found = closure(actor, snapshot, asked)
    shown, hidden = np.flatnonzero(found.seen), np.flatnonzero(~found.seen)
    kept = found.nodes[shown[:first]]
    near = zip(snapshot.nodes_at(kept), found.distances[shown[:first]].tolist(), strict=True)
    lone = lone_roots(actor, snapshot, asked)
    counts = np.bincount(found.distances[shown], minlength=1)
    counts[0] += len(lone)
    return Found(
        [*((root, 0) for root in lone), *near][:first],
        len(shown) + len(lone),
        len(hidden),
        snapshot.nodes_at(found.nodes[hidden[:HIDDEN_KEPT]]),
        per_distance={hops: int(n) for hops, n in enumerate(counts) if n},
    )


def lone_roots(actor: Actor, snapshot: Snapshot, asked: Question) -> list[Any]:
    """Roots that have no edges, as far as the actor may see them."""
    lone = [root for root in asked.roots if snapshot.place(root) is None]
    if not lone or actor.sees_all_metadata:
        return lone
    seen = seen_ids(visible(asked.level, actor), lone)
    return [root for root in lone if root in seen]


def _closed(actor: Actor, snapshot: Snapshot) -> Mask | None:
    """Nodes that the actor may not even pass; None: there are none."""
    if actor.sees_all_metadata:
        return None
    return ~seen_mask(actor, snapshot, np.arange(snapshot.graph.size, dtype=np.int64))


@dataclass(frozen=True)
class Products:
    """Products that are reached, the nearest first and by id; all arrays have one length."""

    places: Longs  # in the snapshot
    keys: NDArray[Any]  # ids, 16 bytes each
    distances: Ints
    nodes: Longs  # how many nodes of the product are reached
    datasets: Longs  # and of how many of its datasets


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
    return Products(
        places[order].astype(np.int64),
        keys[order],
        distances[order],
        counts[order],
        datasets[places][order],
    )


def ends_of(found: Closure, direction: str) -> Longs:
    """Places in the closure of those nodes from which it goes no further in this direction."""
    counts = found.snapshot.graph.way(direction).counts()
    return np.flatnonzero(counts[found.nodes] == 0)


def path(actor: Actor, snapshot: Snapshot, sources: list[Any], targets: list[Any]) -> list[Any]:
    """Nodes of one shortest path downstream; [] where there is none."""
    closed = None if passes_hidden() else _closed(actor, snapshot)
    ends = (snapshot.places(sources), snapshot.places(targets))
    return snapshot.nodes_at(graph.path(snapshot.graph, *ends, closed))


def cycles(actor: Actor, snapshot: Snapshot) -> list[list[Any]]:
    """Sets of nodes that the actor may see and that all reach one another over such nodes."""
    found = graph.cycles(snapshot.graph, _closed(actor, snapshot))
    return [snapshot.nodes_at(each) for each in found]
