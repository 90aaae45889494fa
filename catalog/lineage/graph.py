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
BOW = 24


class Placed(Protocol):
    """What the drawing needs to know of a node."""

    @property
    def id(self) -> str: ...
    @property
    def distance(self) -> int: ...


N = TypeVar("N", bound=Placed)


@dataclass(frozen=True)
class Layer(Generic[N]):
    """One column, `distance` places from the focus; `lead` px of space above its first card."""

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
    """Columns by longest way from the focus, upstream left; cards ordered to uncross their lines.

    Cycle break, longest path, a barycentre sweep outwards (Sugiyama, Tagawa, Toda 1981).

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
    layer = _layers(nodes, links)
    columns: dict[int, list[N]] = defaultdict(list)
    for node in nodes:
        columns[layer[node.id]].append(node)
    touching: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        touching[source].append(target)
        touching[target].append(source)
    rank: dict[str, float] = {}
    for distance in sorted(columns, key=lambda d: (abs(d), d)):
        columns[distance].sort(key=lambda node: (_centre(node.id, touching, rank), node.id))
        rank.update((node.id, n) for n, node in enumerate(columns[distance]))
    return columns


def _layers(nodes: Sequence[N], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way from the focus, so that lines run from left to right; upstream negative."""
    away: dict[int, dict[str, list[str]]] = {1: defaultdict(list), -1: defaultdict(list)}
    distance = {node.id: node.distance for node in nodes}
    for source, target in links:
        if distance.get(source, -1) >= 0 and distance.get(target, 0) > 0:
            away[1][source].append(target)
        elif distance.get(target, 1) <= 0 and distance.get(source, 0) < 0:
            away[-1][target].append(source)
    layer = dict(distance)
    for sign, following in away.items():
        for node_id in _sources_first([i for i, d in distance.items() if d == 0], following):
            for other in following[node_id]:
                layer[other] = sign * max(abs(layer[other]), abs(layer[node_id]) + 1)
    return layer


def _sources_first(roots: Sequence[str], following: dict[str, list[str]]) -> list[str]:
    """Topological order of what the roots reach; edges that close a cycle are taken out."""
    order: list[str] = []
    state: dict[str, str] = {}
    for root in roots:
        stack = [(root, iter(list(following[root])))]
        state[root] = "open"
        while stack:
            node_id, rest = stack[-1]
            other = next(rest, None)
            if other is None:
                state[node_id] = "done"
                order.append(node_id)
                stack.pop()
            elif state.get(other) == "open":
                following[node_id].remove(other)
            elif other not in state:
                state[other] = "open"
                stack.append((other, iter(list(following[other]))))
    return order[::-1]


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
    """A line from the right edge of one card to the left edge of the other.

    Within a column it bows out at the right and ends where it began, so that no card covers it.
    """
    x1, y1 = source[0] + CARD_WIDTH, source[1]
    x2, y2 = target
    if source[0] == target[0]:
        x2 = x1
    bend = (x1 + x2) / 2 if x2 > x1 else x1 + BOW
    return f"M{x1} {y1}C{bend:.0f} {y1} {bend:.0f} {y2} {x2} {y2}"
