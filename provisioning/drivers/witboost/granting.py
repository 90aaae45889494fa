"""How an output port of a tech adapter is opened: its readers are told to the adapter."""

from __future__ import annotations

from typing import Any, Final

from provisioning.drivers.protocol import Grants, Json, Made, Opening, Terms
from provisioning.drivers.witboost.descriptor import component_id


def opened(made: Made, location: Json) -> dict[str, Any] | None:
    """The component, if readers have a say in it and the port names no other."""
    component = made.spec["component"]
    named = location.get("component", component["name"])
    if component["kind"] != "outputport" or location.get("schema") or named != component["name"]:
        return None
    kept = {name: made.spec[name] for name in ("target", "product", "component")}
    return {**kept, "of": str(made.instance_id)}


def opening_spec(base: Json, terms: Terms) -> dict[str, Any]:
    """Who this grant lets in; the driver tells the adapter them together with the others."""
    kept = {name: base[name] for name in ("target", "product", "component", "of")}
    return {**kept, "refs": list(terms.readers)}


GRANTS: Final = Grants(
    action="component",
    makes="component",
    named_by="component",
    opened=opened,
    opening=Opening("acl", "Let them read", opening_spec),
    parts=("target", "of"),
    tells=False,
    shown=lambda base: {
        "Component": component_id(base["product"], base["component"]["name"]),
        "Let in as": ", ".join(base["refs"]),
    },
    place="the platform of the tech adapter",
    opens="The tech adapter lets you in",
    enters="You sign in there as yourself; there is no password from the portal",
    renews="A tech adapter knows no credentials: your account there is renewed by those who run it",
    ends="The tech adapter is told that you read no more, and keeps the other readers.",
)
