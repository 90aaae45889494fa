"""JSON bodies of REST calls."""

from io import BytesIO

import pytest
from rest_framework.exceptions import ParseError

from core.errors import Invalid, TooLarge
from core.json_body import LIMITS, JSONObjectParser


def parsed(body: bytes):
    return JSONObjectParser().parse(BytesIO(body))


def test_an_object_is_read_and_no_body_is_an_empty_one():
    assert parsed('{"a": ["é", 1.5, null]}'.encode()) == {"a": ["é", 1.5, None]}
    assert parsed(b" \n") == {}


@pytest.mark.parametrize("body", [b"{bad", b"bad", b'{"a": "\xe9"}', b"\xff"])
def test_what_is_no_json_is_a_parse_error(body):
    with pytest.raises(ParseError):
        parsed(body)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"[]", "wrong-type", ""),
        (b'"text"', "wrong-type", ""),
        (b"null", "wrong-type", ""),
        (b'{"a": 1, "a": 2}', "duplicate-key", "/a"),
        (b'{"a": "\\u0000"}', "value-not-storable", "/a"),
        (b'{"a": ["\\ud800"]}', "value-not-storable", "/a/0"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "too-deep", ""),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(body, code, pointer):
    with pytest.raises(Invalid) as refusal:
        parsed(body)

    assert [(each.code, each.pointer) for each in refusal.value.problems] == [(code, pointer)]


@pytest.mark.parametrize("body", [b'{"a": ' + b"9" * 500 + b"}", b'{"a": 1e999}', b'{"a": NaN}'])
def test_numbers_without_end_are_refused(body):
    with pytest.raises((Invalid, ParseError)):
        parsed(body)


def test_more_than_the_limit_is_too_large():
    with pytest.raises(TooLarge):
        parsed(b'{"a": "' + b"x" * LIMITS.document_bytes + b'"}')
    with pytest.raises(TooLarge):
        parsed(b'{"a": [' + b"1," * 30_000 + b"1]}")
