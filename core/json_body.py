"""JSON bodies of REST calls: read within limits, and never what no database can keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from core.bodies import LIMIT
from core.documents import DocumentError, Limits, load_documents
from core.errors import Invalid, TooLarge
from core.problems import Problem

LIMITS = Limits(document_bytes=LIMIT)
UNREADABLE = frozenset({"not-utf8", "not-json", "no-document"})
TOO_MUCH = frozenset({"document-too-large", "too-many-nodes"})


class JSONObjectParser(BaseParser):
    """One JSON object.

    Raises:
        ParseError: it is not JSON.
        TooLarge: more bytes or values than `LIMITS`.
        Invalid: not an object, a key that stands twice, nesting, NUL, half a surrogate pair, a
            number without end.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The object."""
        raw = stream.read(LIMITS.document_bytes + 1)
        if not raw.strip():
            return {}
        if raw.lstrip()[:1] != b"{":
            _require_json(raw)
            raise _refused(Problem("", "wrong-type", "Send a JSON object."))
        try:
            (document,) = load_documents(raw, media="json", limits=LIMITS)
        except DocumentError as error:
            raise _unreadable(error) from error
        for pointer in document.duplicate_keys:
            raise _refused(Problem(pointer, "duplicate-key", "Say it once."))
        body: dict[str, Any] = document.data
        return body


def _require_json(raw: bytes) -> None:
    """Text that is no JSON at all is a parse error, not a wrong type."""
    try:
        load_documents(b'{"body":' + raw + b"}", media="json", limits=LIMITS)
    except DocumentError as error:
        raise _unreadable(error) from error


def _unreadable(error: DocumentError) -> Exception:
    first = error.problems[0]
    if first.code in UNREADABLE:
        return ParseError(first.message)
    if first.code in TOO_MUCH:
        return TooLarge(f"{first.message} A call that is larger is not read.")
    return _refused(*error.problems)


def _refused(*problems: Problem) -> Invalid:
    return Invalid("The body cannot be taken.", problems)
