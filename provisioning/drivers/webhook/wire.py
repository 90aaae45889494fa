"""What goes over the wire; `docs/reference/webhook.md` is the description for receivers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import jsonschema_rs
import orjson

from core.outbound import Answer, Unreachable, client_for
from core.outbound.signing import signed_headers
from provisioning.drivers.places import Opened, in_driver_words
from provisioning.drivers.protocol import (
    EffectRecord,
    Observed,
    PermanentError,
    StaleFence,
    Step,
    TemporaryError,
)

VERSION = 1
LONGEST_REASON = 300  # characters of a receiver's own words
LEVELS = ("info", "warning", "error")
TEXT: Final = {"type": "string"}
ANSWER: Final[Mapping[str, Any]] = {  # what else it says is ignored
    "type": "object",
    "required": ["exists"],
    "properties": {
        "exists": {"type": "boolean"},
        "fence": {"type": ["integer", "null"]},
        "summary": {**TEXT, "maxLength": 2000},
        "effects": {
            "type": "array",
            "maxItems": 200,
            "items": {
                "type": "object",
                "required": ["kind", "name"],
                "properties": {
                    "kind": {**TEXT, "minLength": 1, "maxLength": 40},
                    "name": {**TEXT, "minLength": 1, "maxLength": 700},
                    "change": {"enum": ["create", "update", "delete", "keep"]},
                },
            },
        },
        "log": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "type": "object",
                "required": ["text"],
                "properties": {"level": {"enum": LEVELS}, "text": {**TEXT, "maxLength": 500}},
            },
        },
    },
}
STALE: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["error", "fence"],
    "properties": {"error": {"const": "stale-fence"}, "fence": {"type": "integer"}},
}
_answer = jsonschema_rs.validator_for(dict(ANSWER))
_stale = jsonschema_rs.validator_for(dict(STALE))


def write(
    place: Opened, verb: str, step: Step, *, effect_key: str, fence: int
) -> Mapping[str, Any]:
    """Ask for `ensure` or `absent`; a repeat carries the same Idempotency-Key.

    Raises:
        StaleFence: the receiver has seen a newer worker.
        TemporaryError: it may do so later, or is still at it.
        PermanentError: it says no.
    """
    body = {**_about(verb, step), "effect_key": effect_key, "fence": fence}
    event_id = f"{verb}-{effect_key}-{fence}"
    answer = _post(place, body, event_id, {"idempotency-key": effect_key})
    if answer.status == 409:
        raise _conflict(answer, fence)
    said = _read(answer)
    for line in said.get("log", ()):
        step.log(line.get("level", "info"), "webhook", line["text"])
    return said


def look(place: Opened, step: Step) -> Mapping[str, Any]:
    """Ask what is there."""
    return _read(_post(place, _about("observe", step), f"observe-{uuid4()}"))


def ping(place: Opened, secret: str) -> Answer:
    """Ask whether the receiver is there, signed with `secret`."""
    signed = Opened(place.slug, place.config, {"signing_secret": secret})
    return _post(signed, {"version": VERSION, "verb": "ping"}, f"ping-{uuid4()}")


def observed(said: Mapping[str, Any], default: EffectRecord) -> Observed:
    """An answer in the driver's words; without a list of effects there is the one."""
    effects = tuple(
        EffectRecord(each["kind"], each["name"], {"change": each.get("change", "keep")})
        for each in said.get("effects", ())
    )
    exists = bool(said["exists"])
    return Observed(
        exists,
        said.get("fence"),
        said.get("summary", ""),
        effects or ((default,) if exists else ()),
    )


def _about(verb: str, step: Step) -> dict[str, Any]:
    told = {name: value for name, value in step.spec.items() if name != "target"}
    return {
        "version": VERSION,
        "verb": verb,
        "action": step.action,
        "instance": str(step.instance_id),
        "resource": told,
    }


def _post(
    place: Opened,
    message: Mapping[str, Any],
    event_id: str,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    url = place.config["url"]
    try:
        body = orjson.dumps(message)
    except orjson.JSONEncodeError as error:
        raise PermanentError("The step holds text that no JSON can carry.") from error
    signed = signed_headers(
        place.secrets["signing_secret"],
        event_id=event_id,
        timestamp=int(time.time()),  # the receiver compares it with its own clock
        body=body,
    )
    sent = {**signed, **(headers or {}), "content-type": "application/json"}
    with in_driver_words():
        return client_for(url).call("POST", url, headers=sent, body=body)


def _read(answer: Answer) -> Mapping[str, Any]:
    if answer.status == 202:
        raise TemporaryError(
            f"{answer.place} is still at it.", retry_after_s=answer.retry_after_s()
        )
    with in_driver_words():
        if not answer.is_ok and not answer.may_pass:
            raise PermanentError(f"{answer.place} refused: {_reason(answer)}")
        said = answer.require_ok().json()
        if not _answer.is_valid(said):
            raise Unreachable(f"{answer.place} answers something else than docs/reference says.")
    return dict(said)


def _conflict(answer: Answer, fence: int) -> Exception:
    """A stale fence is believed only if the other one is newer."""
    try:
        said = answer.json()
    except Unreachable:
        said = None
    if _stale.is_valid(said) and said["fence"] > fence:
        return StaleFence("A newer run has taken over; this one changed nothing.")
    return PermanentError(f"{answer.place} refused: {_reason(answer)}")


def _reason(answer: Answer) -> str:
    """`detail` of a problem document, else the status."""
    try:
        said = answer.json()
    except Unreachable:
        said = None
    detail = said.get("detail") if isinstance(said, dict) else None
    if not isinstance(detail, str) or not detail.strip():
        return f"status {answer.status}."
    return " ".join(detail.split())[:LONGEST_REASON]
