"""Where the cards and lines of a small lineage drawing stand; plain arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

CARD_WIDTH = 208  # px, as `.lin ol` of the style sheet
CARD_HEIGHT = 56
LAYER_GAP = 96
CARD_GAP = 16


class Placed(Protocol):
    """What the drawing needs to know of a node."""

    @property
    def id(self) -> str: ...
    @property
    def distance(self) -> int: ...


N = TypeVar("N", bound=Placed)


@dataclass(frozen=True)
class Layer(Generic[N]):
    """One column, `distance` hops from the focus; `lead` px of space above its first card."""

    distance: int
    lead: int
    nodes: list[N]


@dataclass(frozen=True)
class Drawing(Generic[N]):
    width: int
    height: int
    layers: list[Layer[N]]
    paths: list[str]


def draw(nodes: Sequence[N], edges: Iterable[tuple[str, str]]) -> Drawing[N]:
    """Columns by distance from the focus, upstream left; cards ordered to uncross their lines.

    Two barycentre sweeps outwards from the focus (Sugiyama, Tagawa, Toda 1981).

    Cost: O(nodes log nodes + edges).
    """
    links = list(edges)
    columns = _columns(nodes, links)
    tallest = max(map(_column_height, columns.values()), default=0)
    layers = [
        Layer(distance, (tallest - _column_height(columns[distance])) // 2, columns[distance])
        for distance in sorted(columns)
    ]
    width = len(layers) * (CARD_WIDTH + LAYER_GAP) - LAYER_GAP if layers else 0
    places = _places(layers)
    paths = [
        _path(places[source], places[target])
        for source, target in links
        if source in places and target in places
    ]
    return Drawing(width, tallest, layers, paths)


def _columns(nodes: Sequence[N], links: Sequence[tuple[str, str]]) -> Mapping[int, list[N]]:
    columns: dict[int, list[N]] = defaultdict(list)
    for node in nodes:
        columns[node.distance].append(node)
    touching: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        touching[source].append(target)
        touching[target].append(source)
    rank: dict[str, float] = {}
    for distance in sorted(columns, key=lambda d: (abs(d), d)):
        columns[distance].sort(key=lambda node: (_centre(node.id, touching, rank), node.id))
        rank.update((node.id, n) for n, node in enumerate(columns[distance]))
    return columns


def _centre(node_id: str, touching: Mapping[str, list[str]], rank: Mapping[str, float]) -> float:
    known = [rank[other] for other in touching.get(node_id, ()) if other in rank]
    return sum(known) / len(known) if known else 0.0


def _column_height(column: Sequence[N]) -> int:
    return len(column) * (CARD_HEIGHT + CARD_GAP) - CARD_GAP


def _places(layers: Sequence[Layer[N]]) -> dict[str, tuple[int, int]]:
    """Left edge and vertical middle of each card."""
    return {
        node.id: (
            n * (CARD_WIDTH + LAYER_GAP),
            layer.lead + row * (CARD_HEIGHT + CARD_GAP) + CARD_HEIGHT // 2,
        )
        for n, layer in enumerate(layers)
        for row, node in enumerate(layer.nodes)
    }


def _path(source: tuple[int, int], target: tuple[int, int]) -> str:
    """A line from the right edge of one card to the left edge of the other."""
    x1, y1 = source[0] + CARD_WIDTH, source[1]
    x2, y2 = target
    bend = (x1 + x2) / 2 if x2 > x1 else x1 + LAYER_GAP / 2
    return f"M{x1} {y1}C{bend:.0f} {y1} {bend:.0f} {y2} {x2} {y2}"
