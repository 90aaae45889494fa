"""Bodies of calls to the interfaces of scripts: refused by their size before they are read whole,
and read also where they come in parts."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

from django.http import HttpRequest, HttpResponse

from core.errors import TooLarge
from core.middleware import problem_response, wants_json

Respond = Callable[[HttpRequest], HttpResponse]

LIMIT = 4 * 2**20  # bytes, where a view says nothing: a system brings the documents of its ports
CHUNK = 64 * 1024  # bytes
REST = "/api/"  # GraphQL refuses what it is told the size of in its own words


class BoundedBodies:
    """A view of REST names what it takes as `max_body`, in bytes as they are sent.

    What says that it is larger is drained up to that limit and no further, so that the client has
    ears for the 413. A body in parts (`Transfer-Encoding: chunked`, as clients send that compress
    while they send) says nothing of its size; it is read up to the limit here, because Django
    takes it for empty.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: object, kwargs: object
    ) -> HttpResponse | None:
        if not wants_json(request):
            return None
        limit = getattr(getattr(view, "cls", None), "max_body", LIMIT)
        try:
            _receive(request, limit)
        except TooLarge as error:
            return problem_response(error)
        return None


def _receive(request: HttpRequest, limit: int) -> None:
    """Raises: TooLarge: there is more than `limit` bytes."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        if int(length) > limit and request.path.startswith(REST):
            _drain(request, limit)
            raise _too_large(limit)
    elif request.META.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in request.META:
        _keep(request, _read(request.META["wsgi.input"], limit))


def _drain(request: HttpRequest, limit: int) -> None:
    left = limit
    while left > 0 and (part := request.read(min(left, CHUNK))):
        left -= len(part)


def _read(stream: IO[bytes], limit: int) -> bytes:
    """All of a stream that ends by itself."""
    parts, size = [], 0
    while part := stream.read(CHUNK):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise _too_large(limit)
    return b"".join(parts)


def _keep(request: Any, body: bytes) -> None:
    """As if it had come in one piece."""
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._body, request._stream = body, BytesIO(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may have {limit:,} bytes at most; a larger one is not read.")
