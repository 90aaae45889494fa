"""Git over HTTP through the portal's one way out: rules of `core.outbound`, bounded packs."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from dulwich.client import AbstractHttpGitClient
from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    GitProtocolError,
    NotGitRepository,
    SendPackError,
)

from core.outbound import Answer, Client, Limits, Refused, Unreachable, client_for

LIMITS: Final = Limits(connect_s=5, total_s=12, answer_bytes=8_000_000)
MAX_UNPACKED = 64_000_000  # bytes of one answer's objects
MAX_OBJECTS = 100_000
USER = "git"
# What reading the answers of a broken server ends in.
UNREADABLE: Final = (
    *(ApplyDeltaError, ChecksumMismatch, FileFormatException, zlib.error, EOFError),
    *(ValueError, LookupError, AssertionError, NotImplementedError, TypeError, AttributeError),
)


@dataclass
class _Response:
    """What dulwich reads of a response."""

    content_type: str | None
    status: int
    redirect_location: str = ""

    def close(self) -> None:
        """The whole answer is here already."""


class OutboundGitClient(AbstractHttpGitClient):
    """dulwich's protocol over our client."""

    def __init__(self, base_url: str, *, user: str, token: str) -> None:
        super().__init__(base_url, thin_packs=True, quiet=True)
        self._client: Client = client_for(base_url, limits=LIMITS)
        secret = base64.b64encode(f"{user or USER}:{token}".encode()).decode()
        self._login = {"authorization": f"Basic {secret}"} if token else {}

    def _http_request(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,
    ) -> tuple[Any, Callable[[int], bytes]]:
        body = b"" if data is None else data if isinstance(data, bytes) else b"".join(data)
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        sent.pop("content-length", None)
        method = "GET" if data is None else "POST"
        answer = self._client.call(method, url, headers={**sent, **self._login}, body=body)
        if raise_for_status:
            _require_ok(answer)
        response = _Response(answer.headers.get("content-type"), answer.status)
        return response, BytesIO(answer.body).read


def _require_ok(answer: Answer) -> None:
    if answer.status == 404:
        raise NotGitRepository
    if answer.status in (401, 403):
        raise Refused(f"{answer.place} refuses the token.")
    answer.require_ok()


@contextmanager
def in_outbound_words(place: str) -> Iterator[None]:
    """What dulwich says of a server that does not speak as it should."""
    try:
        yield
    except SendPackError as error:
        raise Refused(f"{place} refuses what was pushed.") from error
    except GitProtocolError as error:
        if "atomic" in str(error):
            raise Refused(f"{place} takes no atomic pushes, which the portal needs.") from error
        raise Unreachable(f"{place} broke off or does not speak git.") from error
    except UNREADABLE as error:
        raise Unreachable(f"{place} broke off or does not speak git.") from error


def require_bounded(pack: bytes) -> None:
    """Refuse a pack that unpacks to far more than it is.

    Raises:
        Refused: it holds too much.
        ValueError: it is no pack.
    """
    if pack[:4] != b"PACK":
        raise ValueError("no pack")
    count, at, total = int.from_bytes(pack[8:12], "big"), 12, 0
    if count > MAX_OBJECTS:
        raise Refused("The server sends too many objects.")
    for _ in range(count):
        kind, size, at = _head(pack, at)
        total += size
        if total > MAX_UNPACKED:
            raise Refused("The server sends more than the portal reads of a repository.")
        at = _after(pack, _past_base(pack, at, kind), size)


def _head(pack: bytes, at: int) -> tuple[int, int, int]:
    """Type, size and where the rest begins. Source: gitformat-pack."""
    byte = pack[at]
    kind, size, shift = (byte >> 4) & 7, byte & 15, 4
    at += 1
    while byte & 0x80:
        byte = pack[at]
        size |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    return kind, size, at


def _past_base(pack: bytes, at: int, kind: int) -> int:
    if kind == 7:
        return at + 20
    if kind == 6:
        while pack[at] & 0x80:
            at += 1
        at += 1
    return at


def _after(pack: bytes, at: int, size: int) -> int:
    """Where the packed data ends; it unpacks to `size` bytes or is refused."""
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(memoryview(pack)[at:], size + 1)
    if len(found) > size or not unpacker.eof:
        raise ValueError("an object is not as long as it says")
    return len(pack) - len(unpacker.unused_data)
