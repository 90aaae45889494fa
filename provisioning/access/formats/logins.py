"""What a driver's secrets say, in the words in which a login is shown.

Our own drivers say `username`, `password`, `dsn`, `host`, `port` and `dbname`; a service broker
says `credentials` and more in words of its own, of which the usual ones are known here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "username": ("username", "user", "login", "access_key_id"),
    "password": ("password", "pass", "secret", "secret_access_key"),
    "dsn": ("dsn", "uri", "url", "connection_string"),
    "host": ("host", "hostname"),
    "port": ("port",),
    "dbname": ("dbname", "database", "db"),
}


@dataclass(frozen=True)
class ShownLogin:
    """A login as it is shown; "" for what was not told."""

    username: str = ""
    password: str = field(default="", repr=False)
    dsn: str = field(default="", repr=False)
    host: str = ""
    port: str = ""
    dbname: str = ""
    given: Mapping[str, Any] = field(default_factory=dict, repr=False)  # as a broker told it
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # names and values


def shown_login(secrets: Mapping[str, Any]) -> ShownLogin:
    """The login in what a driver handed over."""
    if "credentials" not in secrets and "username" in secrets:
        return _login({name: str(secrets.get(name, "")) for name in USUAL})
    told = secrets.get("credentials")
    credentials = told if isinstance(told, Mapping) else {"credentials": told} if told else {}
    used = {name: next((k for k in words if k in credentials), "") for name, words in USUAL.items()}
    known = {name: _text(credentials[key]) for name, key in used.items() if key}
    rest = {name: value for name, value in credentials.items() if name not in used.values()}
    others = {name: value for name, value in secrets.items() if name != "credentials"}
    return replace(_login(known), given=secrets, further=tuple(_lines({**rest, **others})))


def _login(known: Mapping[str, str]) -> ShownLogin:
    username, password, dsn, host, port, dbname = (known.get(name, "") for name in USUAL)
    return ShownLogin(username, password, dsn, host, port, dbname)


def _lines(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield str(name), _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
