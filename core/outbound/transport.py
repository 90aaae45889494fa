"""One request over one new connection to an address that was checked before."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import httpcore2

from core.outbound.addresses import Address, Place
from core.outbound.errors import Refused, Unreachable
from core.outbound.limits import Deadline, Limits


class _BoundedStream(httpcore2.NetworkStream):
    """A connection on which every wait ends with the deadline: a drip of bytes gains no time."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline, tls_s: float) -> None:
        self._inner = inner
        self._deadline = deadline
        self._tls_s = tls_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        limit = self._deadline.left(self._tls_s)
        inner = self._inner.start_tls(ssl_context, server_hostname, limit)
        return _BoundedStream(inner, self._deadline, self._tls_s)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _PinnedBackend(httpcore2.NetworkBackend):
    """Connects to the given addresses, whatever the name resolves to by now."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline, connect_s: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._connect = Deadline(min(connect_s, deadline.left()))
        self._connect_s = connect_s
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failed: Exception | None = None
        for address in self._addresses:
            try:
                stream = self._sockets.connect_tcp(str(address), port, self._connect.left())
            except (httpcore2.NetworkError, httpcore2.TimeoutException) as error:
                failed = error
            else:
                return _BoundedStream(stream, self._deadline, self._connect_s)
        raise failed or httpcore2.ConnectError("no address")


def send(
    place: Place,
    addresses: Sequence[Address],
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    limits: Limits,
    deadline: Deadline,
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (names in lower case) and body of the answer.

    Raises:
        Unreachable: no connection, no answer in time, or half of one.
        Refused: the certificate is not good for the name, the answer is no HTTP, or too large.
    """
    try:
        with (
            httpcore2.ConnectionPool(
                ssl_context=_tls(),
                network_backend=_PinnedBackend(addresses, deadline, limits.connect_s),
            ) as pool,
            pool.stream(
                method,
                httpcore2.URL(
                    scheme=place.scheme, host=place.host, port=place.port, target=place.target
                ),
                headers=list(headers.items()),
                content=body,
                extensions={"timeout": {"read": limits.total_s, "write": limits.total_s}},
            ) as response,
        ):
            found = {
                name.decode("ascii").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            return response.status, found, _read(response, place, found, limits.answer_bytes)
    except (httpcore2.TimeoutException, TimeoutError) as error:
        raise Unreachable(f"{place.name} did not answer in time.") from error
    except httpcore2.NetworkError as error:
        raise _explained(place, error) from error
    except httpcore2.RemoteProtocolError as error:
        raise Unreachable(f"{place.name} broke off or does not speak HTTP.") from error
    except httpcore2.LocalProtocolError as error:
        raise Refused("The request holds a header that HTTP does not allow.") from error


def _read(
    response: httpcore2.Response, place: Place, headers: Mapping[str, str], limit: int
) -> bytes:
    """The body, as it came: nothing is unpacked, so there is nothing to blow up."""
    if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise Refused(f"{place.name} packed its answer, which it was asked not to.")
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > limit:
            raise Refused(f"{place.name} answers with more than {limit} bytes.")
    return bytes(body)


def _explained(place: Place, error: Exception) -> Refused | Unreachable:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refused(f"The certificate of {place.name} is not valid: {cause.verify_message}.")
        cause = cause.__cause__ or cause.__context__
    return Unreachable(f"{place.name} cannot be reached.")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = httpcore2.default_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
