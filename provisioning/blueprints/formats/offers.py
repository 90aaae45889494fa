"""A plan of a service broker as a blueprint document: its parameter schema becomes the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from catalog.products.names import slugified
from provisioning.drivers.osb.catalog import Offer, Plan

ROOT: Final = frozenset(
    {"$schema", "type", "properties", "required", "additionalProperties", "title", "description"}
)
COMMON: Final = frozenset({"type", "title", "description", "default"})
BY_TYPE: Final[Mapping[str, frozenset[str]]] = {  # keywords that a field can be drawn from
    "string": COMMON | {"enum", "minLength", "maxLength"},
    "integer": COMMON | {"minimum", "maximum"},
    "number": COMMON | {"minimum", "maximum"},
    "boolean": COMMON,
}
OWN: Final = ("name", "domain", "team")  # what every service asks for
MOST: Final = 50
LONGEST_SAMPLE: Final = 200
LONGEST_S: Final = 3600  # that a broker may take whose plan does not say
MOST_MINUTES: Final = 10_080
AS_TEXT: Final = "parameters_json"


class NoForm(Exception):
    """A schema that no form can be drawn from; says why."""


def offer_document(target: str, offer: Offer) -> dict[str, Any]:
    """The blueprint that lets people ask the broker of `target` for this plan.

    A schema with keywords that no field knows is offered as one text area for JSON.
    """
    service, plan = offer.service, offer.plan
    try:
        fields, spec = _fields(plan.create_schema or {})
        required = [_ours(name) for name in (plan.create_schema or {}).get("required", ())]
    except NoForm as reason:
        fields, spec, required = {AS_TEXT: _text_area(str(reason))}, {}, []
    told = {AS_TEXT: f"${{parameters.{AS_TEXT}}}"} if AS_TEXT in fields else {"parameters": spec}
    title = f"{service.title}: {plan.title}"[:120]
    example = {name: _sample(node) for name, node in fields.items() if name in required}
    return {
        "apiVersion": "meshport/v1",
        "kind": "Blueprint",
        "name": slugified(f"{target} {service.name} {plan.name}")[:63].strip("-"),
        "title": title,
        "summary": f"{_line(plan.description)} {_line(service.description)}"[:300],
        "makes": "service",
        "cost": _cost(plan),
        "deadline_minutes": _deadline_minutes(plan),
        "gets": [{"icon": "services", "text": title}],
        "parameters": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": False,
            "required": ["name", *required],
            "properties": {**_own_fields(), **fields},
        },
        "example": {"name": "Example", **example},
        "steps": [
            {
                "name": "Have the service made",
                "driver": "osb",
                "action": "instance",
                "spec": {
                    "target": target,
                    "service_id": service.id,
                    "plan_id": plan.id,
                    **{name: f"${{{name}}}" for name in OWN},
                    **told,
                },
            }
        ],
    }


def _cost(plan: Plan) -> dict[str, str]:
    if plan.free:
        return {"class": "free"}
    return {"class": "medium", "monthly": plan.price[:120]}


def _deadline_minutes(plan: Plan) -> int:
    """As long as the broker may take; and a while for the rest."""
    longest_s = LONGEST_S if plan.max_polling_s is None else plan.max_polling_s
    return min(MOST_MINUTES, -(-longest_s // 60) + 15)


def _own_fields() -> dict[str, Any]:
    group = {"group": "What it is"}
    slug = {"type": "string", "maxLength": 63, "pattern": "^[a-z][a-z0-9-]*$"}
    domain = {"type": "string", "maxLength": 500, "pattern": "^[a-z][a-z0-9.-]*$"}
    name = {"type": "string", "title": "Name", "minLength": 2, "maxLength": 80, "x-ui": group}
    owner = {"group": "Who owns it"}
    return {
        "name": name,
        "domain": {**domain, "title": "Domain", "x-ui": {**owner, "widget": "picker-domain"}},
        "team": {**slug, "title": "Owner team", "x-ui": {**owner, "widget": "picker-team"}},
    }


def _fields(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Form fields, and for each parameter of the broker the placeholder of its field.

    Raises:
        NoForm: the schema says more than a form can.
    """
    _require_known("the schema", schema, ROOT)
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping) or len(properties) > MOST:
        raise NoForm("it has too many parameters")
    fields: dict[str, Any] = {}
    for name, node in properties.items():
        ours = _ours(name)
        if ours in fields or "${" in name:
            raise NoForm(f"{name} cannot be told from another parameter")
        fields[ours] = _field(name, node)
    unknown = set(schema.get("required", ())) - properties.keys()
    if unknown:
        raise NoForm(f"{min(unknown)} is required and not described")
    return fields, {name: f"${{parameters.{_ours(name)}}}" for name in properties}


def _field(name: str, node: Any) -> dict[str, Any]:
    kind = node.get("type") if isinstance(node, Mapping) else None
    if not isinstance(kind, str) or kind not in BY_TYPE:
        raise NoForm(f"{name} is no plain value")
    _require_known(name, node, BY_TYPE[kind])
    texts = [*node.get("enum", ()), *([node["default"]] if "default" in node else [])]
    if kind == "string" and any(not isinstance(text, str) or "${" in text for text in texts):
        raise NoForm(f"{name} has values that are no plain texts")
    if len(node.get("enum", ())) > MOST or node.get("minLength", 0) > LONGEST_SAMPLE:
        raise NoForm(f"{name} has too many values")
    field = {key: value for key, value in node.items() if key not in ("title", "description")}
    words = {"group": "Settings"}
    if node.get("description"):
        words["help"] = _line(str(node["description"]))[:300]
    title = _line(str(node.get("title") or name))[:60]
    return {**field, "title": title, "x-ui": words}


def _require_known(what: str, node: Mapping[str, Any], known: frozenset[str]) -> None:
    more = sorted(node.keys() - known)
    if more:
        raise NoForm(f"{what} says {', '.join(map(str, more))}"[:120])


def _text_area(reason: str) -> dict[str, Any]:
    text = f"A JSON object as the broker describes it. There is no form for it: {reason}."
    words = {"group": "Settings", "widget": "textarea", "mono": True, "rows": 12}
    return {
        "type": "string",
        "title": "Parameters",
        "maxLength": 100_000,
        "x-ui": {**words, "help": text[:300]},
    }


def _sample(node: Mapping[str, Any]) -> Any:
    """A value that keeps the rules of a field, for the document's example."""
    if "default" in node:
        return node["default"]
    if node["type"] == "boolean":
        return False
    if node["type"] in ("integer", "number"):
        low, high = node.get("minimum"), node.get("maximum")
        return low if low is not None else min(1, high) if high is not None else 1
    return node["enum"][0] if node.get("enum") else "x" * max(1, node.get("minLength", 1))


def _ours(name: str) -> str:
    """The name of a field: that of the parameter, as far as fields may be called so."""
    found = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:36]
    return found if re.match(r"[a-z]", found) and found not in (*OWN, AS_TEXT) else f"p_{found}"


def _line(text: str) -> str:
    return " ".join(text.split())
