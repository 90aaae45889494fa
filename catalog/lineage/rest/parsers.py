"""Reading the bodies that lineage clients send: JSON, also gzipped, within limits."""

import zlib
from typing import Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request

from core.errors import TooLarge
from core.strict_json import load_json

MAX_EVENT = 5 * 1024 * 1024  # bytes, after gunzip (SECURITY §1.6)
MAX_BATCH = 32 * 1024 * 1024
MAX_MANIFEST = 64 * 1024 * 1024  # as of quality results: real projects have such


def read_json(request: Request, *, limit: int) -> Any:
    """The parsed body.

    Raises:
        TooLarge: over `limit` bytes, before or after gunzip.
        ParseError: not gzip although it says so, not JSON, or a key stands twice.
        UnsupportedMediaType: another encoding than gzip.
    """
    raw = request._request.body
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        raw = _gunzip(raw, limit)
    elif encoding not in ("", "identity"):
        raise UnsupportedMediaType(encoding, "Send it plain, or with Content-Encoding: gzip.")
    if len(raw) > limit:
        raise TooLarge(f"The body may have {limit:,} bytes at most.")
    try:
        return load_json(raw)
    except ValueError as error:
        raise ParseError(f"This is not JSON: {error}.") from error


def _gunzip(raw: bytes, limit: int) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(raw, limit + 1)  # a bomb is not unpacked any further
    except zlib.error as error:
        raise ParseError("Content-Encoding says gzip, but the body is not gzip.") from error
    return plain
