"""A descriptor with the changes that were made by a form: everything else stays as given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.documents import Document, dump_yaml

DESCRIBED = ("purpose", "limitations", "usage")
OF_OURS = ("visibility", "classification")  # kept as custom properties


def overlaid(data: Mapping[str, Any], values: Mapping[str, Any]) -> Document:
    """`data` with `values`: name, purpose, limitations, usage, tags, domain, team, ..."""
    body = dict(data)
    for name in ("name", "domain"):
        if name in values:
            body[name] = values[name]
    if "tags" in values and (values["tags"] or "tags" in body):
        body["tags"] = list(values["tags"])
    if any(name in values for name in DESCRIBED):
        body["description"] = _description(body.get("description"), values)
    for name in OF_OURS:
        if name in values:
            body["customProperties"] = _with_property(body, name, values[name])
    if "archetype" in values:
        body["customProperties"] = _with_property(body, "archetype", values["archetype"])
    if "team" in values and isinstance(body.get("team"), dict):
        body["team"] = {**body["team"], "name": values["team"]}
    return Document(body, dump_yaml(body), "yaml")


def _description(given: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given) if isinstance(given, dict) else {}
    for name in DESCRIBED:
        if name in values and (values[name] or name in found):
            found[name] = values[name]
    return found


def _with_property(body: Mapping[str, Any], name: str, value: Any) -> list[Any]:
    given = body.get("customProperties")
    properties = list(given) if isinstance(given, list) else []
    for at, each in enumerate(properties):
        if isinstance(each, dict) and each.get("property") == name:
            properties[at] = {**each, "value": value}
            return properties
    return [*properties, {"property": name, "value": value}]
