"""Which addresses the portal may call: how a URL must look, and where its name may lead."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from django.conf import settings

from core.outbound.errors import Refused, Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int, float], Sequence[Address]]  # host, port, seconds at most

MAX_URL = 2048  # characters
PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[^!-~]|[\\\"<>^`{|}]")  # also backslash: parsers do not agree on it
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*")  # a last label that resolvers read as an IPv4 address

# Source: IANA IPv4 and IPv6 special-purpose address registries. For IPv6 everything outside of
# 2000::/3 is refused, so mapped, compatible, NAT64, unique local, link-local and multicast too.
_INNER_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_INNER_V6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


@dataclass(frozen=True)
class Place:
    """A URL in its parts; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def name(self) -> str:
        """`host:port`, as it stands in allow-lists."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def read_url(url: str) -> Place:
    """The parts of `url`, which must say plainly where it leads.

    Refused are forms that parsers read differently: user names, backslashes, short, octal, hex
    or decimal IPv4 addresses, zone ids, dots at the end, letters outside of ASCII.

    Raises:
        Refused: not https (or http, where OUTBOUND_HTTP allows it), or not a plain URL.
    """
    if len(url) > MAX_URL or _UNSAFE.search(url):
        raise Refused("The address is too long or holds characters that must be percent-encoded.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("The address is not a URL.") from error
    if parts.scheme not in PORTS or (parts.scheme == "http" and not settings.OUTBOUND_HTTP):
        raise Refused("The address must begin with https://.")
    if not url.lower().startswith(f"{parts.scheme}://"):
        raise Refused("The address must begin with https:// and a host.")
    if "@" in parts.netloc or "#" in url:
        raise Refused("The address may hold no user name, password or fragment.")
    if (":" in (parts.hostname or "")) != parts.netloc.startswith("["):
        raise Refused("The address names no host that can be called.")
    host = read_host(parts.hostname or "")
    if port == 0 or parts.netloc.endswith(":"):
        raise Refused("The address has no usable port.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or PORTS[parts.scheme], target)


def addresses_of(place: Place, resolve: Resolver, *, within_s: float) -> Sequence[Address]:
    """Where `place` leads, resolved once: call these addresses and never the name again.

    Raises:
        Refused: one of them is inside (private, loopback, link-local, ...) and the place is not
            in OUTBOUND_INNER_HOSTS.
        Unreachable: the name cannot be resolved now.
    """
    literal = _literal(place.host)
    found = [literal] if literal else list(resolve(place.host, place.port, within_s))
    if not found:
        raise Unreachable(f"The name {place.host} cannot be resolved.")
    if place.name not in inner_hosts() and any(is_inner(address) for address in found):
        raise Refused(
            f"{place.name} leads to an inner address. Whoever runs the portal can allow it in"
            " OUTBOUND_INNER_HOSTS."
        )
    return found


def is_inner(address: Address) -> bool:
    """Whether `address` is not a plain public one."""
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in network for network in _INNER_V4)
    return address not in _GLOBAL_V6 or any(address in network for network in _INNER_V6)


def inner_hosts() -> frozenset[str]:
    """`host:port` of the places inside that may be called."""
    return frozenset(name.strip().lower() for name in settings.OUTBOUND_INNER_HOSTS)


def system_resolver(host: str, port: int, within_s: float) -> Sequence[Address]:
    """What the machine's resolver says, in its order; it has no time limit of its own."""
    answers: SimpleQueue[list[Address] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(_unique(sockaddr for *_, sockaddr in found))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True, name="resolver").start()
    try:
        answer = answers.get(timeout=max(within_s, 0))
    except Empty:
        raise Unreachable(f"The name {host} was not resolved in time.") from None
    if isinstance(answer, OSError):
        raise Unreachable(f"The name {host} cannot be resolved.") from answer
    return answer


def read_host(text: str) -> str:
    """A name or an address, in lower case; IPv6 without brackets.

    Raises:
        Refused: neither, or a form that resolvers read as another address.
    """
    host = text.lower()
    literal = _literal(host)
    if isinstance(literal, ipaddress.IPv6Address):
        if literal.scope_id is None:
            return str(literal)
    elif literal is not None or _is_name(host):
        return host
    raise Refused("The address names no host that can be called.")


def _is_name(host: str) -> bool:
    last_label = host.rpartition(".")[2]
    return len(host) <= 253 and bool(_NAME.fullmatch(host)) and not _NUMERIC.fullmatch(last_label)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _unique(sockaddrs: Iterable[tuple[int | str, ...] | tuple[int, bytes]]) -> list[Address]:
    texts = dict.fromkeys(str(sockaddr[0]).partition("%")[0] for sockaddr in sockaddrs)
    return [ipaddress.ip_address(text) for text in texts]
