"""The one way out: every HTTP call of the portal is made here (SECURITY §1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from core.documents import DocumentError, load_documents
from core.outbound.addresses import Resolver, addresses_of, read_url, system_resolver
from core.outbound.errors import Refused, Unreachable
from core.outbound.limits import Deadline, Limits

LONGEST_WAIT_S = 300.0  # that a server's Retry-After is believed
BUSY = frozenset({408, 425, 429})
USUAL = Limits()
OWN_HEADERS = {"user-agent": "Meshport", "accept-encoding": "identity", "connection": "close"}


@dataclass(frozen=True)
class Answer:
    """What a server said; any status but a redirect."""

    place: str  # host:port
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(repr=False)

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def may_pass(self) -> bool:
        """It is no yes, but may become one."""
        return self.status >= 500 or self.status in BUSY

    def require_ok(self) -> Answer:
        """This answer, if it is a yes.

        Raises:
            Unreachable: 5xx, 408, 425 or 429: it may say yes later.
            Refused: any other status.
        """
        if self.is_ok:
            return self
        text = f"{self.place} answers with status {self.status}."
        if self.may_pass:
            raise Unreachable(text, retry_after_s=self.retry_after_s())
        raise Refused(text)

    def json(self) -> Any:
        """The body as JSON, read within the limits of a descriptor document.

        Raises:
            Unreachable: it is none; something else may be answering in the server's place.
        """
        try:
            (document,) = load_documents(self.body, media="json")
        except (DocumentError, ValueError) as error:
            raise Unreachable(f"{self.place} does not answer with JSON.") from error
        return document.data

    def retry_after_s(self) -> float:
        """Seconds that the server asks to be left alone, 1 to 300; 2 if it does not say."""
        text = self.headers.get("retry-after", "")
        if not (text.isascii() and text.isdigit()):
            return 2.0
        return min(max(float(text[:6]), 1.0), LONGEST_WAIT_S)


@dataclass(frozen=True)
class Client:
    """Calls the places a caller may call, and no others.

    Args:
        allowed: `host:port` of each.
        resolve: from a name to its addresses; asked once a call.
    """

    allowed: frozenset[str]
    resolve: Resolver = field(default=system_resolver, repr=False)
    limits: Limits = USUAL

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        json: Any = None,
    ) -> Answer:
        """Send one request and read the whole answer. Redirects are not followed, nothing is kept.

        Raises:
            Refused: the address is not plain, not allowed or leads inside; the certificate is not
                valid; the answer is a redirect, packed or too large.
            Unreachable: no whole answer in time.
        """
        from core.outbound.transport import send  # most processes never call out

        place = read_url(url)
        if place.name not in self.allowed:
            raise Refused(f"{place.name} is not among the places that may be called here.")
        deadline = Deadline(self.limits.total_s)
        addresses = addresses_of(place, self.resolve, within_s=self.limits.connect_s)
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if json is not None:
            body = orjson.dumps(json)
            sent.setdefault("content-type", "application/json")
        status, found, content = send(
            place,
            addresses,
            method=method,
            headers={"accept": "application/json"} | sent | OWN_HEADERS,
            body=body,
            limits=self.limits,
            deadline=deadline,
        )
        if 300 <= status < 400 and status != 304:
            raise Refused(f"{place.name} answers with a redirect: give the final address.")
        return Answer(place.name, status, found, content)


def client_for(*urls: str, limits: Limits = USUAL) -> Client:
    """A client that may call the places of these URLs.

    Raises:
        Refused: one of them is no plain URL.
    """
    return Client(frozenset(read_url(url).name for url in urls), limits=limits)
