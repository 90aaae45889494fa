"""Brokers as targets: a base URL, and a user with a password or a token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.outbound import Refused, read_url
from core.problems import Problem
from provisioning.drivers.osb.wire import VERSION, Broker
from provisioning.drivers.places import Opened, TargetKind
from provisioning.drivers.targets import opened
from provisioning.drivers.wording import counted


def broker(slug: str) -> Broker:
    """Raises: PermanentError: no such target, or its secrets cannot be opened."""
    return Broker(opened(slug, "osb"))


def _probe(place: Opened) -> str:
    services = Broker(place).catalog()
    plans = sum(len(service.plans) for service in services)
    offers = f"{counted(len(services), 'service')}, {counted(plans, 'plan')}"
    return f"It speaks Open Service Broker {VERSION} and offers {offers}"


def _problems(place: Opened) -> Iterator[Problem]:
    try:
        read_url(str(place.config["url"]))
    except Refused as error:
        yield Problem("/config/url", "wrong-form", str(error))
    username = str(place.config.get("username", ""))
    wanted = "password" if username else "token"
    if not place.secrets.get(wanted):
        message = "Give a user name with its password, or a token."
        yield Problem(f"/secrets/{wanted}", "missing", message)
    if ":" in username:
        yield Problem("/config/username", "wrong-form", "A user name holds no colon.")


KIND: Final = TargetKind(
    label="Service broker (Open Service Broker)",
    summary="A broker makes databases, queues and other services, and their credentials.",
    config={
        "type": "object",
        "required": ["url"],
        "properties": {
            "url": {
                "type": "string",
                "title": "Address",
                "description": "https:// address of the broker, without /v2.",
                "maxLength": 2000,
            },
            "username": {
                "type": "string",
                "title": "User name",
                "description": "For basic authentication; leave it empty if there is a token.",
                "maxLength": 200,
            },
        },
    },
    secrets={
        "type": "object",
        "properties": {
            "password": {
                "type": "string",
                "title": "Password",
                "description": "For basic authentication.",
                "maxLength": 1000,
            },
            "token": {
                "type": "string",
                "title": "Token",
                "description": "Sent as a bearer token where there is no user name.",
                "maxLength": 4000,
                "pattern": "^[!-~]*$",
            },
        },
    },
    address="/config/url",
    probe=_probe,
    check=_problems,
)
