"""Reads that were read before: an ETag for each, and 304 to whoever has it already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

Respond = Callable[[HttpRequest], HttpResponse]

READS = frozenset({"GET", "HEAD"})
KEPT = ("ETag", "Cache-Control", "Vary")  # of what a 304 stands for (RFC 9110 15.4.5)
CHECKED_EACH_TIME = "private, no-cache"  # rights end at once, so no copy is good by itself
DEPENDS_ON = ("Accept", "Authorization", "Cookie")


def conditional_reads(get_response: Respond) -> Respond:
    """Of REST: the answer has an ETag of its bytes, and is not sent to whoever names it.

    The read is carried out either way; rights and limits are those of now.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if is_tagged(request, response):
            return _answered(request, response)
        return response

    return middleware


def is_tagged(request: HttpRequest, response: HttpResponse) -> bool:
    """A whole answer of REST that somebody may keep."""
    return (
        request.method in READS
        and response.status_code == 200
        and not response.streaming
        and request.path_info.startswith("/api/v1/")
        and "no-store" not in response.get("Cache-Control", "")
    )


def tag_of(body: bytes, *, revision: int | None = None) -> str:
    """A strong ETag of these bytes; with `revision` it is also what `If-Match` compares."""
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    return f'"{digest}"' if revision is None else f'"{revision}-{digest}"'


def _answered(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if not response.has_header("ETag"):
        response["ETag"] = tag_of(response.content)
    response.setdefault("Cache-Control", CHECKED_EACH_TIME)
    patch_vary_headers(response, DEPENDS_ON)
    if not _is_known(response["ETag"], request.headers.get("If-None-Match", "")):
        return response
    unchanged = HttpResponse(status=304)
    del unchanged["Content-Type"]
    for name in KEPT:
        unchanged[name] = response[name]
    return unchanged


def _is_known(tag: str, header: str) -> bool:
    """Compared weakly, as If-None-Match is (RFC 9110 13.1.2)."""
    known = parse_etags(header)
    return known == ["*"] or tag.removeprefix("W/") in {each.removeprefix("W/") for each in known}
