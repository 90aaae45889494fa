"""The drawing's arithmetic, on plain data."""

from dataclasses import dataclass

from catalog.lineage.graph import CARD_HEIGHT, CARD_WIDTH, LAYER_GAP, draw


@dataclass(frozen=True)
class Card:
    id: str
    distance: int


def test_columns_follow_the_distance_upstream_left():
    drawing = draw([Card("b", 0), Card("a", -1), Card("c", 1)], [("a", "b"), ("b", "c")])

    assert [layer.distance for layer in drawing.layers] == [-1, 0, 1]
    assert drawing.width == 3 * CARD_WIDTH + 2 * LAYER_GAP
    assert drawing.height == CARD_HEIGHT
    assert drawing.paths[0].startswith(f"M{CARD_WIDTH} {CARD_HEIGHT // 2}C")


def test_cards_are_ordered_so_that_lines_do_not_cross():
    cards = [Card("f", 0), Card("x", 1), Card("y", 1), Card("x-next", 2), Card("a-next", 2)]
    edges = [("f", "x"), ("f", "y"), ("y", "a-next"), ("x", "x-next")]

    last = draw(cards, edges).layers[-1]

    assert [card.id for card in last.nodes] == ["x-next", "a-next"]


def test_a_lone_node_has_no_lines():
    drawing = draw([Card("only", 0)], [])

    assert drawing.paths == []
    assert drawing.layers[0].lead == 0


def test_an_edge_to_a_card_that_was_cut_is_left_out():
    assert draw([Card("a", 0)], [("a", "gone")]).paths == []


def test_a_shortcut_does_not_make_a_line_run_back():
    cards = [Card("focus", 0), Card("far", 1), Card("near", 1), Card("next", 2)]
    edges = [("focus", "far"), ("focus", "near"), ("near", "next"), ("next", "far")]

    columns = {
        card.id: layer.distance for layer in draw(cards, edges).layers for card in layer.nodes
    }

    assert columns == {"focus": 0, "near": 1, "next": 2, "far": 3}


def test_a_cycle_is_drawn_with_every_card_once():
    cards = [Card("a", 0), Card("b", 1), Card("c", 2)]

    drawing = draw(cards, [("a", "b"), ("b", "c"), ("c", "b"), ("c", "a")])

    assert [card.id for layer in drawing.layers for card in layer.nodes] == ["a", "b", "c"]
    assert len(drawing.paths) == 4
