"""JSON that machines send in bulk."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.strict_json import load_json


def test_what_is_well_formed_is_read():
    raw = '{"a": [1, 2.5, -0.0, null, true], "b": {"a": "é"}, "c": %s}' % ("9" * 300)

    found = load_json(raw.encode())

    assert found["a"] == [1, 2.5, 0.0, None, True]
    assert found["b"] == {"a": "é"}


TEXTS = st.text(st.sampled_from('":\\ a\n'), max_size=8)
DOCUMENTS = st.recursive(
    TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=12
)


@given(DOCUMENTS, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_whatever_texts_and_keys_hold_none_is_taken_for_a_second(document, separators):
    raw = json.dumps(document, separators=separators).encode()

    assert load_json(raw) == document


@given(DOCUMENTS, TEXTS, DOCUMENTS)
def test_a_second_key_is_found_beside_anything(document, key, other):
    name, first, second = json.dumps(key), json.dumps(document), json.dumps(other)

    with pytest.raises(ValueError, match="stands twice"):
        load_json(f"[{first},{{{name}:{first},{name}:{second}}}]".encode())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a": 1, "a": 1}', "the key “a” stands twice"),
        (b'[{"b": [{"a": {}, "\\u0061": 2}]}]', "the key “a” stands twice"),
        (b'{"a" : 1, "a": 1}', "the key “a” stands twice"),
        (b'{"b": "\\u0022:", "a": 1, "a": 1}', "the key “a” stands twice"),
        (b'{"b": "\\"\\u003a", "a": 1, "a": 1}', "the key “a” stands twice"),
        (b'{"' + b"k" * 500 + b'": 1, "' + b"k" * 500 + b'": 2}', "“" + "k" * 80 + "”"),
        (b'{"a": NaN}', "unexpected character"),
        (b'{"a": "\xff"}', "not valid UTF-8"),
        (b"[" * 990 + b"]" * 990, "nested too deeply"),
        (b"[" * 100_000, "depth"),
        (b"", "empty"),
    ],
)
def test_what_two_readers_could_take_differently_is_refused(raw, said):
    with pytest.raises(ValueError, match=said):
        load_json(raw)
