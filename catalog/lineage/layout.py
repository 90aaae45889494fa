"""Where the cards and lines of a small lineage drawing stand; plain arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple, Protocol, TypeVar

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
class Slot(Generic[N]):
    """A card and the space above it, in which lines may pass; px."""

    gap: int
    node: N


@dataclass(frozen=True)
class Layer(Generic[N]):
    """One column, `distance` places from the focus."""

    distance: int
    slots: list[Slot[N]]


@dataclass(frozen=True)
class Line:
    """From card to card; `path` as the attribute `d` of SVG."""

    source: str
    path: str

    @property
    def is_operational(self) -> bool:
        """It comes from a system, not from data that is managed as a product."""
        return self.source.startswith("system:")


@dataclass(frozen=True)
class Drawing(Generic[N]):
    width: int
    height: int
    layers: list[Layer[N]]
    lines: list[Line]


class Spot(NamedTuple):
    """A place in a column: a card, or the lane in which lines from the card `id` pass between."""

    column: int
    id: str
    lane: str = ""


def draw(nodes: Sequence[N], edges: Iterable[tuple[str, str]]) -> Drawing[N]:
    """Columns by longest way from the focus, upstream left; no line runs behind a card.

    Cycle break, longest path, lanes for lines over several columns, a barycentre sweep outwards
    (Sugiyama, Tagawa, Toda 1981).

    Cost: O((nodes + edges) × columns), and a sort of each column.
    """
    links = list(edges)
    layer = _layers(nodes, links)
    distances = sorted({layer[node.id] for node in nodes})
    column = {node.id: distances.index(layer[node.id]) for node in nodes}
    ways = [_way(column, *link) for link in links if column.keys() >= set(link)]
    columns = _columns([Spot(column[node.id], node.id) for node in nodes], ways, distances)
    middles, height = _middles(columns)
    cards = {node.id: node for node in nodes}
    return Drawing(
        max(0, len(columns) * (CARD_WIDTH + LAYER_GAP) - LAYER_GAP),
        height,
        [
            Layer(distance, _slots(spots, middles, cards))
            for distance, spots in zip(distances, columns, strict=True)
        ],
        [Line(way[0].id, _path(way, middles)) for way in ways],
    )


def _way(column: Mapping[str, int], source: str, target: str) -> list[Spot]:
    """From card to card through the lanes between; one that runs back has lanes beside both."""
    start, end = Spot(column[source], source), Spot(column[target], target)
    if start.column <= end.column:
        lanes = [Spot(n, source, "on") for n in range(start.column + 1, end.column)]
    else:
        lanes = [Spot(n, source, "back") for n in range(start.column, end.column - 1, -1)]
    return [start, *lanes, end]


def _columns(
    cards: Sequence[Spot], ways: Sequence[Sequence[Spot]], distances: Sequence[int]
) -> list[list[Spot]]:
    """The spots of each column from top to bottom, beside those that they touch further in."""
    touching: dict[Spot, set[Spot]] = defaultdict(set)
    for way in ways:
        for one, other in pairwise(way):
            touching[one].add(other)
            touching[other].add(one)
    columns: list[list[Spot]] = [[] for _ in distances]
    for spot in {*cards, *touching}:
        columns[spot.column].append(spot)
    rank: dict[Spot, float] = {}
    for n in sorted(range(len(distances)), key=lambda n: (abs(distances[n]), distances[n])):
        columns[n].sort(key=lambda spot: (_centre(touching[spot], rank), spot))
        rank.update((spot, row) for row, spot in enumerate(columns[n]))
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


def _centre(touched: Iterable[Spot], rank: Mapping[Spot, float]) -> float:
    known = [rank[other] for other in touched if other in rank]
    return sum(known) / len(known) if known else 0.0


def _middles(columns: Sequence[Sequence[Spot]]) -> tuple[dict[Spot, int], int]:
    """The vertical middle of each spot, columns centred on one another; and the height of all."""
    heights = [sum(map(_height, spots)) + CARD_GAP * (len(spots) - 1) for spots in columns]
    tallest = max(heights, default=0)
    middles: dict[Spot, int] = {}
    for spots, height in zip(columns, heights, strict=True):
        top = (tallest - height) // 2
        for spot in spots:
            middles[spot] = top + _height(spot) // 2
            top += _height(spot) + CARD_GAP
    return middles, tallest


def _height(spot: Spot) -> int:
    return 0 if spot.lane else CARD_HEIGHT


def _slots(
    spots: Sequence[Spot], middles: Mapping[Spot, int], cards: Mapping[str, N]
) -> list[Slot[N]]:
    slots = []
    bottom = 0
    for spot in spots:
        if not spot.lane:
            top = middles[spot] - CARD_HEIGHT // 2
            slots.append(Slot(top - bottom, cards[spot.id]))
            bottom = top + CARD_HEIGHT
    return slots


def _path(way: Sequence[Spot], middles: Mapping[Spot, int]) -> str:
    """From the right edge of one card to the left edge of the other.

    Within a column it bows out at the right and ends where it began; one that runs back turns
    around both its cards.
    """
    x = _left(way[0]) + CARD_WIDTH
    y = middles[way[0]]
    parts = [f"M{x} {y}"]
    for before, spot in pairwise(way):
        starts_turning = before is way[0] and before.column == spot.column
        from_right = spot.lane == "back" or starts_turning
        enter = _left(spot) + (CARD_WIDTH if from_right else 0)
        bow = BOW if starts_turning else -BOW
        bend = x + bow if before.column == spot.column else (x + enter) // 2
        parts.append(f"C{bend} {y} {bend} {middles[spot]} {enter} {middles[spot]}")
        x, y = enter, middles[spot]
        if spot.lane:
            x = _left(spot) + (0 if from_right else CARD_WIDTH)
            parts.append(f"H{x}")
    return "".join(parts)


def _left(spot: Spot) -> int:
    return spot.column * (CARD_WIDTH + LAYER_GAP)
