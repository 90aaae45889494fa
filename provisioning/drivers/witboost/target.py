"""Tech adapters as targets: a base URL, and headers that it may want."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.outbound import Refused, read_url
from core.problems import Problem
from provisioning.drivers.places import Opened, TargetKind, in_driver_words
from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.targets import opened
from provisioning.drivers.witboost.descriptor import as_text, component_descriptor
from provisioning.drivers.witboost.wire import Adapter, headers_of, refusal, request_for

TINY: Final = {
    "product": {"domain": "portal", "slug": "probe", "name": "Probe", "team": "portal"},
    "component": {"kind": "storage", "name": "probe", "infrastructure_template": "probe"},
}


def adapter(slug: str) -> Adapter:
    """Raises: PermanentError: no such target, or its secrets cannot be opened."""
    return Adapter(opened(slug, "witboost"))


def _probe(place: Opened) -> str:
    """Validating changes nothing; a component that no adapter knows may well be refused."""
    with in_driver_words():
        answer = Adapter(place).post("validate", request_for(as_text(component_descriptor(TINY))))
        if answer.status not in (200, 400):
            raise refusal(answer)
        said = answer.json()
    if not isinstance(said, dict) or not {"valid", "errors", "userMessage"} & said.keys():
        raise PermanentError(f"{answer.place} answers, but not as a tech adapter does.")
    return "It answers as a tech adapter does, when asked to validate"


def _problems(place: Opened) -> Iterator[Problem]:
    try:
        read_url(str(place.config["url"]))
    except Refused as error:
        yield Problem("/config/url", "wrong-form", str(error))
    try:
        list(headers_of(place.secrets.get("headers", "")))
    except PermanentError as error:
        yield Problem("/secrets/headers", "wrong-form", str(error))


KIND: Final = TargetKind(
    label="Tech adapter (Witboost)",
    summary="A tech adapter makes components of data products.",
    config={
        "type": "object",
        "required": ["url"],
        "properties": {
            "url": {
                "type": "string",
                "title": "Address",
                "description": "https:// address of the adapter, without /v1.",
                "maxLength": 2000,
            }
        },
    },
    secrets={
        "type": "object",
        "properties": {
            "headers": {
                "type": "string",
                "title": "Headers",
                "description": "Sent with each request, as in Authorization: Bearer …",
                "maxLength": 8000,
            }
        },
    },
    address="/config/url",
    probe=_probe,
    check=_problems,
)
