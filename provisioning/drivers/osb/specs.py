"""The JSON Schemas of the broker driver's specs."""

from __future__ import annotations

from typing import Any, Final

from provisioning.drivers.protocol import Json

_ID: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_NAME: Final = {"type": "string", "maxLength": 200}
_COMMON: Final[dict[str, Any]] = {
    "target": _ID,
    "service_id": _ID,
    "plan_id": _ID,
    "name": _NAME,  # as people say it
    "parameters": {"type": ["object", "null"]},  # as the plan's schema in the catalogue has them
    "parameters_json": {"type": ["string", "null"], "maxLength": 100_000},  # the same as a text
    "domain": _NAME,
    "team": _NAME,
    "requester": _NAME,  # told to the broker as originating identity
}


def _spec(**more: Json) -> Json:
    return {
        "type": "object",
        "required": ["target", "service_id", "plan_id"],
        "additionalProperties": False,
        "properties": {**_COMMON, **more},
    }


ACTIONS: Final[dict[str, Json]] = {
    "instance": _spec(),
    "binding": _spec(
        of={"type": "string", "format": "uuid"},  # the instance, if it is another one of ours
        holder=_NAME,  # of several bindings of one step's instance, whose it is
        nth={"type": "integer", "minimum": 2},  # of a person's bindings; the first has none
    ),
}
