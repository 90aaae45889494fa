"""Requests to a broker and what it answers, in the words of OSB 2.17."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from core.outbound import Answer, OutboundError, client_for
from provisioning.drivers.osb.catalog import Service, read_catalog
from provisioning.drivers.places import Opened, in_driver_words
from provisioning.drivers.protocol import DriverError, Json, PermanentError, TemporaryError

VERSION: Final = "2.17"
PLATFORM: Final = "meshport"
TEMPORARY: Final = frozenset({408, 425, 429})
LONGEST_TEXT: Final = 300  # of what a broker says of an error


@dataclass(frozen=True)
class Said:
    """A broker's answer."""

    place: str
    status: int
    body: Json  # empty where it is no JSON object
    is_object: bool
    retry_after_s: float

    @property
    def error(self) -> str:
        """The error code of the specification, or empty."""
        code = self.body.get("error")
        return code if isinstance(code, str) else ""

    @property
    def words(self) -> str:
        """What it says for people, on one line."""
        text = self.body.get("description")
        return " ".join(text.split())[:LONGEST_TEXT] if isinstance(text, str) else ""


@dataclass(frozen=True)
class Broker:
    """One broker, as a target says where it is and who we are there."""

    place: Opened

    def catalog(self) -> tuple[Service, ...]:
        """What it offers.

        Raises:
            DriverError: it does not answer, or not with a catalogue.
        """
        with in_driver_words():
            answer = self._call("GET", "/v2/catalog")
            if not answer.is_ok:
                raise refusal(_said(answer))
            return read_catalog(answer.json())

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: Json | None = None,
        effect_key: str = "",
        identity: Json | None = None,
    ) -> Said:
        """One request about an instance or a binding; any status but a redirect is an answer.

        Raises:
            OutboundError: nobody knows what became of it.
        """
        url = f"{path}?{urlencode(query)}" if query else path
        answer = self._call(
            method, url, body=body, headers=_about(effect_key, identity) if effect_key else {}
        )
        return _said(answer)

    def _call(
        self, method: str, path: str, *, body: Json | None = None, headers: Json | None = None
    ) -> Answer:
        base = str(self.place.config["url"]).rstrip("/")
        return client_for(base).call(
            method,
            base + path,
            headers={
                "X-Broker-API-Version": VERSION,
                "Authorization": _authorization(self.place),
                **(headers or {}),
            },
            json=body,
        )


def path_of(instance_id: object, binding_id: object = None) -> str:
    """Where an instance, or a binding of it, is."""
    path = f"/v2/service_instances/{quote(str(instance_id), safe='')}"
    if binding_id is None:
        return path
    return f"{path}/service_bindings/{quote(str(binding_id), safe='')}"


def refusal(said: Said) -> DriverError:
    """A no of the broker, for people who asked for a service."""
    words = f" It says: {said.words}" if said.words else ""
    if said.error == "ConcurrencyError":
        return TemporaryError(f"The broker is still at work on it.{words}", retry_after_s=5)
    if said.status >= 500 or said.status in TEMPORARY:
        text = f"The broker {said.place} cannot do it now (status {said.status}).{words}"
        return TemporaryError(text, retry_after_s=said.retry_after_s)
    usual = f"The broker refuses it (status {said.status})."
    reason = BY_ERROR.get(said.error) or BY_STATUS.get(said.status, usual)
    return PermanentError(f"{reason}{words}")


BY_ERROR: Final[Mapping[str, str]] = {
    "AsyncRequired": "The broker asks for what the portal has offered: to be waited for.",
    "RequiresApp": "This service can be bound to applications only, not for people or products.",
    "MaintenanceInfoConflict": "The broker has another version of this plan than it offers.",
}
BY_STATUS: Final[Mapping[int, str]] = {
    400: "The broker does not accept the parameters.",
    401: "The broker does not accept the portal's user or token: change the target.",
    403: "The broker does not accept the portal's user or token: change the target.",
    404: "There is no service broker at the target's address, or it does not know this.",
    409: "The broker has something else under this id already.",
    412: f"The broker does not speak Open Service Broker {VERSION}.",
}


def outcome_unknown(error: OutboundError) -> str:
    """Why nobody knows what became of a request."""
    return f"Nobody knows whether the broker did it: {error}"


def _about(effect_key: str, identity: Json | None) -> dict[str, str]:
    """Who asked, without secrets, and which request this is: the same for each attempt."""
    value = base64.b64encode(orjson.dumps(dict(identity or {}))).decode()
    return {
        "X-Broker-API-Originating-Identity": f"{PLATFORM} {value}",
        "X-Broker-API-Request-Identity": effect_key,
    }


def _authorization(place: Opened) -> str:
    username = str(place.config.get("username", ""))
    if not username:
        return f"Bearer {place.secrets.get('token', '')}"
    pair = f"{username}:{place.secrets.get('password', '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _said(answer: Answer) -> Said:
    body: Any = None
    try:
        body = orjson.loads(answer.body) if answer.body else None
    except orjson.JSONDecodeError:
        body = None
    is_object = isinstance(body, dict)
    return Said(
        place=answer.place,
        status=answer.status,
        body=body if is_object else {},
        is_object=is_object,
        retry_after_s=_wait_s(answer),
    )


def _wait_s(answer: Answer) -> float:
    return answer.retry_after_s() if "retry-after" in answer.headers else 5.0
