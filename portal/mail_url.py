"""`EMAIL_URL`: the server that takes the portal's mail."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """As Django's settings name its parts; without a host no mail is sent."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    ssl: bool = False
    tls: bool = False


def mail_server(url: str) -> MailServer:
    """`smtp://user:password@host:587` (with STARTTLS; `?tls=0` without) or `smtps://...`.

    User and password are percent-encoded; empty: none.

    Raises:
        ValueError: it is none of these.
    """
    if not url:
        return MailServer()
    parts = urlsplit(url)
    tls = parse_qs(parts.query).get("tls", ["1"])[-1]
    if parts.scheme not in PORTS or not parts.hostname or tls not in ("0", "1"):
        raise ValueError("EMAIL_URL is smtp://user:password@host:587 or smtps://...@host:465")
    return MailServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ssl=parts.scheme == "smtps",
        tls=parts.scheme == "smtp" and tls == "1",
    )
