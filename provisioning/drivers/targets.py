"""From a target's name to what a driver needs to reach it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import orjson

from core.crypto import CannotDecrypt, decrypt, encrypt
from core.problems import Problem, to_pointer
from provisioning.drivers.models import Target
from provisioning.drivers.places import Opened, TargetKind
from provisioning.drivers.protocol import PermanentError

PARTS = ("config", "secrets")


def opened(slug: str, driver: str) -> Opened:
    """The target that a step names, with its secrets.

    Raises:
        PermanentError: no such target of this driver, or its secrets cannot be opened.
    """
    target = Target.objects.called(slug).filter(driver=driver).first()
    if target is None:
        raise PermanentError(f"There is no target “{slug}” to provision into.")
    return open_target(target)


def open_target(target: Target) -> Opened:
    """Raises: PermanentError: the secrets cannot be opened."""
    try:
        secrets = orjson.loads(decrypt(bytes(target.secret or b""), bound_to=str(target.pk)))
    except (CannotDecrypt, orjson.JSONDecodeError) as error:
        message = f"The secret of the target “{target.slug}” cannot be opened."
        raise PermanentError(message) from error
    return Opened(target.slug, target.config, secrets)


def seal(target: Target, secrets: Mapping[str, str]) -> None:
    """Put the secrets into the row, sealed and bound to it; the caller saves."""
    target.secret = encrypt(orjson.dumps(dict(secrets)), bound_to=str(target.pk))


def form_problems(kind: TargetKind, place: Opened) -> list[Problem]:
    """What is wrong with config and secrets. Messages never repeat what was typed."""
    values: dict[str, Mapping[str, Any]] = {"config": place.config, "secrets": place.secrets}
    found = [
        problem for part in PARTS for problem in _problems(part, kind.schema(part), values[part])
    ]
    return found or list(kind.check(place))


def _problems(part: str, schema: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Problem]:
    properties = schema["properties"]
    for name in schema.get("required", ()):
        if values.get(name) in (None, ""):
            yield Problem(to_pointer([part, name]), "missing", "Fill this in.")
    for name, value in values.items():
        if name not in properties:
            yield Problem(to_pointer([part, name]), "unknown-field", "There is no such field.")
        elif value != "" and not _fits(properties[name], value):
            hint = properties[name].get("description", "This does not fit.")
            yield Problem(to_pointer([part, name]), "wrong-form", hint)


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    return "\0" not in str(value) and jsonschema_rs.validator_for(dict(schema)).is_valid(value)
