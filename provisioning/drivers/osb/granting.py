"""How a service instance of a broker is opened: each person gets a binding of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from provisioning.drivers.protocol import Ability, Grants, Json, Login, Made

NAMED: Final = ("target", "service_id", "plan_id", "domain", "team")


def opened(made: Made, location: Json) -> dict[str, Any] | None:
    """The instance, unless the port lies in a schema of the warehouse or names another service."""
    named = location.get("service", made.spec.get("name", ""))
    if location.get("schema") or named != made.spec.get("name", ""):
        return None
    known = {name: made.spec[name] for name in NAMED if made.spec.get(name)}
    return {**known, "of": made.spec.get("of") or str(made.instance_id)}


def login_spec(base: Json, holder: str, until: datetime) -> dict[str, Any]:
    """A binding; brokers know no end, so it is withdrawn when the access ends."""
    kept = {name: base[name] for name in (*NAMED, "of") if base.get(name)}
    return {**kept, "holder": holder}


def nth_spec(spec: Json, nth: int) -> dict[str, Any]:
    """Another binding of the same person: brokers make credentials, and change none."""
    return {**spec, "nth": nth}


GRANTS: Final = Grants(
    action="instance",
    makes="service instance",
    named_by="service",
    opened=opened,
    login=Login("binding", login_spec, nth=nth_spec),
    parts=("of", "holder", "nth"),
    abilities=frozenset({Ability.ROTATE}),
    place="the service",
    opens="The broker makes credentials of your own",
    enters="You see them once",
    ends="The broker withdraws all credentials of this access.",
)
