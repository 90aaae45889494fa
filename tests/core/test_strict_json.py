"""JSON that machines send in bulk."""

import pytest

from core.strict_json import load_json


def test_what_is_well_formed_is_read():
    raw = '{"a": [1, 2.5, -0.0, null, true], "b": {"a": "é"}, "c": %s}' % ("9" * 300)

    found = load_json(raw.encode())

    assert found["a"] == [1, 2.5, 0.0, None, True]
    assert found["b"] == {"a": "é"}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a": 1, "a": 1}', "the key “a” stands twice"),
        (b'[{"b": [{"a": {}, "\\u0061": 2}]}]', "the key “a” stands twice"),
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
