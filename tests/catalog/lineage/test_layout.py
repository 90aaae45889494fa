"""The drawing's arithmetic, on plain data."""

import re
from dataclasses import dataclass

from catalog.lineage.layout import CARD_HEIGHT, CARD_WIDTH, LAYER_GAP, Drawing, draw


@dataclass(frozen=True)
class Card:
    id: str
    distance: int


def paths(drawing: Drawing[Card]) -> list[str]:
    return [line.path for line in drawing.lines]


def test_columns_follow_the_distance_upstream_left():
    drawing = draw([Card("b", 0), Card("a", -1), Card("c", 1)], [("a", "b"), ("b", "c")])

    assert [layer.distance for layer in drawing.layers] == [-1, 0, 1]
    assert drawing.width == 3 * CARD_WIDTH + 2 * LAYER_GAP
    assert drawing.height == CARD_HEIGHT
    assert paths(drawing)[0].startswith(f"M{CARD_WIDTH} {CARD_HEIGHT // 2}C")


def test_cards_are_ordered_so_that_lines_do_not_cross():
    cards = [Card("f", 0), Card("x", 1), Card("y", 1), Card("x-next", 2), Card("a-next", 2)]
    edges = [("f", "x"), ("f", "y"), ("y", "a-next"), ("x", "x-next")]

    last = draw(cards, edges).layers[-1]

    assert [slot.node.id for slot in last.slots] == ["x-next", "a-next"]


def test_a_lone_node_has_no_lines():
    drawing = draw([Card("only", 0)], [])

    assert paths(drawing) == []
    assert drawing.layers[0].slots[0].gap == 0


def test_an_edge_to_a_card_that_was_cut_is_left_out():
    assert paths(draw([Card("a", 0)], [("a", "gone")])) == []


def test_a_shortcut_does_not_make_a_line_run_back():
    cards = [Card("focus", 0), Card("far", 1), Card("near", 1), Card("next", 2)]
    edges = [("focus", "far"), ("focus", "near"), ("near", "next"), ("next", "far")]

    columns = {
        slot.node.id: layer.distance for layer in draw(cards, edges).layers for slot in layer.slots
    }

    assert columns == {"focus": 0, "near": 1, "next": 2, "far": 3}


def test_a_cycle_is_drawn_with_every_card_once():
    cards = [Card("a", 0), Card("b", 1), Card("c", 2)]

    drawing = draw(cards, [("a", "b"), ("b", "c"), ("c", "b"), ("c", "a")])

    drawn = [slot.node.id for layer in drawing.layers for slot in layer.slots]
    assert drawn == ["a", "b", "c"]
    assert len(paths(drawing)) == 4


def covered(drawing: Drawing[Card]) -> list[tuple[int, int]]:
    """Where a level stretch of a line lies within a card of the same column."""
    found = []
    for path in paths(drawing):
        for y, x in re.findall(r"(\d+)H(\d+)", path):
            slots = drawing.layers[int(x) // (CARD_WIDTH + LAYER_GAP)].slots
            bottom = 0
            for slot in slots:
                top = bottom + slot.gap
                bottom = top + CARD_HEIGHT
                if top <= int(y) <= bottom:
                    found.append((int(x), int(y)))
    return found


def test_a_line_over_several_columns_passes_between_the_cards():
    cards = [Card("f", 0), Card("x", 1), Card("y", 1), Card("z", 1), Card("last", 2)]
    edges = [("f", "x"), ("f", "y"), ("f", "z"), ("x", "last"), ("z", "last"), ("f", "last")]

    drawing = draw(cards, edges)

    assert sum("H" in path for path in paths(drawing)) == 1
    assert covered(drawing) == []


def test_a_line_that_runs_back_goes_around_its_cards():
    cards = [Card("a", 0), Card("b", 1), Card("c", 2)]

    drawing = draw(cards, [("a", "b"), ("b", "c"), ("c", "a")])

    assert paths(drawing)[-1].count("H") == 3
    assert paths(drawing)[-1].endswith(f"0 {CARD_HEIGHT // 2}")
    assert covered(drawing) == []


def test_lines_of_one_source_share_a_lane():
    cards = [Card("f", 0), Card("x", 1), Card("p", 2), Card("q", 2)]
    edges = [("f", "x"), ("x", "p"), ("x", "q"), ("f", "p"), ("f", "q")]

    drawing = draw(cards, edges)

    levels = {found for path in paths(drawing) for found in re.findall(r"(\d+)H", path)}
    assert len(levels) == 1


def test_lines_of_a_system_are_told_apart():
    cards = [Card("system:shop", -1), Card("product:a", -1), Card("f", 0)]

    drawing = draw(cards, [("system:shop", "f"), ("product:a", "f")])

    assert [line.is_operational for line in drawing.lines] == [True, False]
