"""What can be asked of the engine, whichever way it is answered."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Model, QuerySet

from accounts.actors import Actor
from catalog.lineage.engine import sql
from catalog.lineage.models import Column, Dataset
from catalog.lineage.states import Direction, Hidden, Level
from catalog.products.models import DataProduct
from core.reading import seen_among

if TYPE_CHECKING:
    from catalog.lineage.engine.closures import Closure
    from catalog.lineage.engine.snapshot import Snapshot

MODELS: dict[Level, type[Model]] = {
    Level.PRODUCT: DataProduct,
    Level.DATASET: Dataset,
    Level.COLUMN: Column,
}
SMALL_DEPTH = 6
HIDDEN_KEPT = 2_000  # ids of hidden nodes that an answer holds, to draw edges to


@dataclass(frozen=True)
class Question:
    """Everything within `depth` hops (None: no end) of the roots, as of `at` (None: now)."""

    level: str
    roots: tuple[Any, ...]
    direction: str
    depth: int | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Found:
    """What the actor may see of an answer; roots are at 0 and count."""

    nodes: list[tuple[Any, int]]  # the nearest first, as many as were asked for
    total: int  # of all that may be seen
    hidden: int  # others
    hidden_ids: list[Any]  # the nearest of them
    is_complete: bool = True  # False: time or room ended first, and there is more
    per_distance: dict[int, int] = field(default_factory=dict)


def visible(level: str, actor: Actor) -> QuerySet[Any]:
    """The nodes of a level that the actor may see."""
    manager: Any = MODELS[Level(level)]._default_manager
    rows: QuerySet[Any] = manager.visible_to(actor)
    return rows


def passes_hidden() -> bool:
    """True where what the reader may not see is counted, and ways lead through it."""
    return bool(settings.LINEAGE_HIDDEN == Hidden.COUNT)


def nearest(actor: Actor, asked: Question, first: int) -> Found:
    """The `first` nearest nodes, and how many there are.

    Cost: two SQL statements for a small question; for others those of the snapshot.
    """
    if asked.depth is not None and asked.depth <= SMALL_DEPTH:
        found = sql.small(asked.level, asked.roots, asked.direction, asked.depth, asked.at)
        if found is not None:
            return _seen_of(actor, asked, found, first)
    snapshot = current(asked)
    if snapshot is not None:
        from catalog.lineage.engine import closures

        return closures.nearest(actor, snapshot, asked, first)
    levels, is_complete = sql.by_levels(
        asked.level, asked.roots, asked.direction, asked.depth, asked.at
    )
    return _seen_of(actor, asked, levels, first, is_complete=is_complete)


def current(asked: Question) -> Snapshot | None:
    """The snapshot for a question about now. Arrays are loaded only where they are needed."""
    if asked.at is not None:
        return None
    from catalog.lineage.engine import snapshot

    return snapshot.current(asked.level, asked.roots)


def everything(actor: Actor, asked: Question) -> Closure:
    """All that the question reaches, for counting; see `closures`.

    Cost: the SQL statements of the snapshot and two more; without one, one a hop.
    """
    from catalog.lineage.engine import closures

    snapshot = current(asked)
    if snapshot is not None:
        return closures.closure(actor, snapshot, asked)
    found, is_complete = sql.by_levels(
        asked.level, asked.roots, asked.direction, asked.depth, asked.at
    )
    if not passes_hidden():
        found = _without(asked, seen_ids(asked.level, actor, found))
    return closures.of_levels(actor, asked.level, found, is_complete=is_complete)


def _seen_of(
    actor: Actor, asked: Question, found: dict[Any, int], first: int, *, is_complete: bool = True
) -> Found:
    seen = set(found)
    if not actor.sees_all_metadata:
        seen = seen_ids(asked.level, actor, found)
    if not passes_hidden() and len(seen) < len(found):
        found = _without(asked, seen)
    shown = sorted((hops, node) for node, hops in found.items() if node in seen)
    hidden = sorted((hops, node) for node, hops in found.items() if node not in seen)
    return Found(
        [(node, hops) for hops, node in shown[:first]],
        len(shown),
        len(hidden),
        [node for _, node in hidden[:HIDDEN_KEPT]],
        is_complete,
        dict(sorted(Counter(hops for hops, _ in shown).items())),
    )


def _without(asked: Question, seen: Collection[Any]) -> dict[Any, int]:
    """Hops over visible nodes alone."""
    rows = sql.edges_between(asked.level, seen, seen, "e.source_id, e.target_id", at=asked.at)
    roots = [root for root in asked.roots if root in seen]
    return walk(rows, roots, asked.direction, asked.depth)


def walk(
    edges: Sequence[tuple[Any, ...]], roots: Sequence[Any], direction: str, depth: int | None
) -> dict[Any, int]:
    """`{node: hops}` over a few edges."""
    following: dict[Any, list[Any]] = {}
    for source, target in edges:
        near, far = (target, source) if direction == Direction.UPSTREAM else (source, target)
        following.setdefault(near, []).append(far)
    found = dict.fromkeys(roots, 0)
    frontier = list(found)
    hops = 0
    while frontier and (depth is None or hops < depth):
        hops += 1
        reached = {far for near in frontier for far in following.get(near, ()) if far not in found}
        found.update(dict.fromkeys(reached, hops))
        frontier = list(reached)
    return found


def seen_ids(level: str, actor: Actor, ids: Collection[Any]) -> set[Any]:
    """Those of the ids whose nodes the actor may see. One statement, none without ids."""
    if not ids:
        return set()
    return {row["id"] for row in seen_among(MODELS[Level(level)], actor, ["id"], ids)}
