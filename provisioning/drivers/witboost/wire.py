"""Requests to a tech adapter and what it answers (interface specification 2.2.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from core.outbound import Answer, client_for
from provisioning.drivers.places import Opened, in_driver_words
from provisioning.drivers.protocol import DriverError, Json, PermanentError, TemporaryError

COMPONENT: Final = "COMPONENT_DESCRIPTOR"
COMPLETED, FAILED, RUNNING = "COMPLETED", "FAILED", "RUNNING"
LONGEST_TEXT: Final = 600  # of what an adapter says of an error
HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}: ?[!-~][ -~]{0,3999}")
FORGOTTEN: Final = "cannot find provisioning status"


@dataclass(frozen=True)
class Status:
    """A ProvisioningStatus."""

    status: str
    text: str = ""
    info: Json = field(default_factory=dict, repr=False)
    logs: tuple[tuple[str, str], ...] = ()  # level, message


@dataclass(frozen=True)
class Adapter:
    """One tech adapter, as a target says where it is."""

    place: Opened

    def post(self, verb: str, body: Json) -> Answer:
        """Raises: OutboundError: nobody knows what became of it."""
        return self._call("POST", f"/v1/{verb}", body)

    def status(self, token: str) -> Answer:
        """How far a task is. Raises: OutboundError: no answer."""
        return self._call("GET", f"/v1/provision/{token}/status")

    def objections(self, descriptor: str) -> list[str]:
        """What the adapter has against a component; nothing is changed.

        Raises:
            DriverError: it does not answer, or not as an adapter has to.
        """
        with in_driver_words():
            answer = self.post("validate", request_for(descriptor))
            if answer.status != 200:
                raise refusal(answer)
            said = answer.json()
        if not isinstance(said, dict) or not isinstance(said.get("valid"), bool):
            raise _odd(answer)
        return [] if said["valid"] else list(_texts(said.get("error"))) or ["It is not valid."]

    def _call(self, method: str, path: str, body: Json | None = None) -> Answer:
        base = str(self.place.config["url"]).rstrip("/")
        headers = dict(headers_of(self.place.secrets.get("headers", "")))
        return client_for(base).call(method, base + path, headers=headers, json=body)


def request_for(descriptor: str, *, latest: str = "", remove_data: bool = False) -> dict[str, Any]:
    """A ProvisioningRequest."""
    known = {"latestEnrichedDescriptor": latest} if latest else {}
    return {
        "descriptorKind": COMPONENT,
        "descriptor": descriptor,
        "removeData": remove_data,
        **known,
    }


def headers_of(text: str) -> Iterator[tuple[str, str]]:
    """`Name: value` lines as they go into a request.

    Raises:
        PermanentError: a line is no header.
    """
    for line in filter(None, (each.strip() for each in text.splitlines())):
        if not HEADER.fullmatch(line):
            raise PermanentError("Write a header as “Name: value”, one on each line.")
        name, _, value = line.partition(":")
        yield name, value.strip()


def token_of(answer: Answer) -> str:
    """The token of a 202: a JSON string, or the bare text.

    Raises:
        TemporaryError: it is none.
    """
    text = answer.body.decode("utf-8", "replace").strip()
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = text
    if not isinstance(found, str) or not re.fullmatch(r"[A-Za-z0-9._~-]{1,300}", found):
        raise _odd(answer)
    return found


def status_of(answer: Answer) -> Status:
    """The ProvisioningStatus of a 200.

    Raises:
        TemporaryError: it is none.
    """
    said = _object(answer)
    status = str(said.get("status", ""))
    if status not in (COMPLETED, FAILED, RUNNING):
        raise _odd(answer)
    info, logs = said.get("info"), said.get("logs")
    return Status(
        status,
        _line(said.get("result")),
        info if isinstance(info, dict) else {},
        tuple(_logs(logs if isinstance(logs, list) else [])),
    )


def is_forgotten(answer: Answer) -> bool:
    """Whether the adapter does not know the token (any more): it keeps them in its memory."""
    return answer.status == 404 or (
        answer.status == 500 and FORGOTTEN in answer.body.decode("utf-8", "replace").lower()
    )


def refusal(answer: Answer) -> DriverError:
    """A no of the adapter, in words for who asked for a data product."""
    said = _object(answer)
    words = _explained(said)
    if answer.status in (401, 403):
        return PermanentError(
            "The adapter does not accept the portal's headers: change the target."
        )
    if answer.status == 404:
        return PermanentError("There is no tech adapter at the target's address.")
    if answer.may_pass:
        text = f"The adapter {answer.place} cannot do it now (status {answer.status}). {words}"
        return TemporaryError(text.strip(), retry_after_s=answer.retry_after_s())
    if answer.is_ok:
        return _odd(answer)
    text = f"The adapter refuses it (status {answer.status}). {words}"
    return PermanentError(text.strip())


def _explained(said: Json) -> str:
    """RequestValidationError and SystemError as one line."""
    more = said.get("moreInfo")
    more = more if isinstance(more, dict) else {}
    first = _line(said.get("userMessage")) or "; ".join(_texts(said)) or _line(said.get("error"))
    where = _line(said.get("inputErrorField"))
    problems = [text for text in _lines(more.get("problems")) if text not in first]
    solutions = list(_lines(more.get("solutions")))
    parts = [
        first,
        f"Field: {where}." if where else "",
        f"In detail: {'; '.join(problems)}" if problems else "",
        f"What helps: {'; '.join(solutions)}" if solutions else "",
    ]
    return " ".join(filter(None, parts))[:LONGEST_TEXT]


def _texts(said: Any) -> Iterator[str]:
    """`errors` of an answer."""
    return _lines(said.get("errors") if isinstance(said, dict) else None)


def _lines(values: Any) -> Iterator[str]:
    for each in values if isinstance(values, list) else ():
        if text := _line(each):
            yield text


def _line(value: Any) -> str:
    return " ".join(value.split())[:LONGEST_TEXT] if isinstance(value, str) else ""


def _logs(entries: list[Any]) -> Iterator[tuple[str, str]]:
    for each in entries:
        if isinstance(each, Mapping) and (text := _line(each.get("message"))):
            level = str(each.get("level", "")).lower()
            yield level if level in ("debug", "warning", "error") else "info", text


def _object(answer: Answer) -> Json:
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _odd(answer: Answer) -> TemporaryError:
    return TemporaryError(
        f"{answer.place} answers with status {answer.status}, but not as a tech adapter has to.",
        retry_after_s=5,
    )
