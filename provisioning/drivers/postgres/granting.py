"""How the tables of a schema are opened to a consumer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from provisioning.drivers.protocol import Ability, Grants, Json, Login, Made, Opening, Terms


def opened(made: Made, location: Json) -> dict[str, Any] | None:
    """The tables of a port that lies in this schema."""
    tables = location.get("tables")
    if location.get("schema") != made.name or not tables:
        return None
    place = made.spec.get("target")
    found: dict[str, Any] = {"schema": made.name, "tables": sorted(set(tables.values()))}
    return {**found, **({"target": place} if place else {})}


def opening_spec(base: Json, terms: Terms) -> dict[str, Any]:
    """The grant's role reads the tables, and all its logins end at that moment."""
    return {
        "schema": base["schema"],
        "tables": list(base["tables"]),
        "until": terms.until.isoformat(),
        **_mode(base),
        **({"narrow": dict(base["narrow"])} if base.get("narrow") else {}),
        **_target(base),
    }


def login_spec(base: Json, holder: str, until: datetime) -> dict[str, Any]:
    """A login of the grant's role."""
    spec = {"schema": base["schema"], "holder": holder, "expires_at": until.isoformat()}
    return {**spec, **_mode(base), **_target(base)}


def _mode(base: Json) -> dict[str, Any]:
    return {"mode": base["mode"]} if base.get("mode") else {}


def _target(base: Json) -> dict[str, Any]:
    return {"target": base["target"]} if base.get("target") else {}


GRANTS: Final = Grants(
    action="schema",
    makes="schema",
    named_by="schema",
    opened=opened,
    opening=Opening("grant", "Grant role", opening_spec),
    login=Login("login", login_spec, kept={"kept": True}),
    parts=("schema",),
    abilities=frozenset(Ability),
    technology="postgresql",
    place="the warehouse",
    opens="A role for this access and your login are made",
    enters="You see the password once",
    ends="Its role and logins are dropped within a minute; open sessions end.",
)
