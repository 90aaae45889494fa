"""Words of names and texts."""

import pytest

from catalog.search.words import MAX_WORDS, is_found, query_text, weighted_vector, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order_id", ["order", "id", "orderid"]),
        ("orderId", ["order", "id", "orderid"]),
        ("OrderID", ["order", "id", "orderid"]),
        ("HTTPServer", ["http", "server", "httpserver"]),
        ("Größe café", ["größe", "café"]),
        ("注文", ["注文"]),
        ("o'hara; --", ["o", "hara"]),
        ("", []),
    ],
)
def test_words_of_a_text(text, expected):
    assert words(text) == expected


def test_a_query_holds_nothing_but_words_in_quotes():
    assert query_text("x') | ('y :*A") == "'x' & 'y' & 'a':*"


def test_an_entry_has_a_bounded_number_of_words():
    vector = weighted_vector({"D": (f"column{number}" for number in range(MAX_WORDS * 2))})

    assert len(vector.split()) == MAX_WORDS


@pytest.mark.parametrize(
    ("run", "text", "expected"),
    [
        ("order_id", "order_id", True),
        ("orderid", "orderId", True),
        ("ord", "order_id", True),
        ("der", "order_id", False),
        ("order", "no such word", False),
    ],
)
def test_where_an_asked_word_stands(run, text, expected):
    assert is_found(run, text) is expected
