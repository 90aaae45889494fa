"""JSON as machines send it in bulk: read quickly, and never what two readers take differently."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson

# What another spelling of `":` needs: space before a colon, or either of them as its number.
_SPELLED_OTHERWISE = (b" :", b"\n:", b"\t:", b"\r:", rb"\u0022", rb"\u003a", rb"\u003A")
_AFTER_A_KEY = b'":'


def load_json(raw: bytes) -> Any:
    """The data of one document.

    Raises:
        ValueError: not JSON, not UTF-8, NaN, nested too deeply, or a key that stands twice in one
            object; its text says which.

    Cost: some 200 MB a second, 30 where a colon has a space before it.
    """
    data = orjson.loads(raw)
    if not _has_each_key(raw, data):
        _look_for_second_keys(raw)
    return data


def _has_each_key(raw: bytes, data: Any) -> bool:
    """Whether all keys of the text are in the data; False may also mean that it is not certain.

    Written out again, data that lost a key has fewer of `":` than the text it came from.
    """
    if any(each in raw for each in _SPELLED_OTHERWISE):
        return False
    try:
        return raw.count(_AFTER_A_KEY) == orjson.dumps(data).count(_AFTER_A_KEY)
    except orjson.JSONEncodeError:  # deeper than it writes
        return False


def _look_for_second_keys(raw: bytes) -> None:
    try:
        json.loads(raw, object_pairs_hook=_require_once, parse_int=len, parse_float=len)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _require_once(pairs: Sequence[tuple[str, Any]]) -> None:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        twice = next(key for n, key in enumerate(keys) if key in keys[:n])
        raise ValueError(f"the key “{twice[:80]}” stands twice in one object")
