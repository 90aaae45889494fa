"""What a broker offers: its catalogue as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import jsonschema_rs

from provisioning.drivers.protocol import Json, PermanentError

_TEXT: Final = {"type": "string", "minLength": 1}
_PLAN: Final = {
    "type": "object",
    "required": ["id", "name", "description"],
    "properties": {
        **dict.fromkeys(("id", "name", "description"), _TEXT),
        "free": {"type": ["boolean", "null"]},
        "bindable": {"type": ["boolean", "null"]},
        "plan_updateable": {"type": ["boolean", "null"]},
        "maximum_polling_duration": {"type": ["integer", "null"], "minimum": 0},
        "maintenance_info": {"type": ["object", "null"]},
        "schemas": {"type": ["object", "null"]},
        "metadata": {"type": ["object", "null"]},
    },
}
_SERVICE: Final = {
    "type": "object",
    "required": ["id", "name", "description", "bindable", "plans"],
    "properties": {
        **dict.fromkeys(("id", "name", "description"), _TEXT),
        "bindable": {"type": "boolean"},
        "plans": {"type": "array", "minItems": 1, "maxItems": 500, "items": _PLAN},
        "metadata": {"type": ["object", "null"]},
    },
}
_CATALOG: Final = jsonschema_rs.validator_for(
    {
        "type": "object",
        "required": ["services"],
        "properties": {"services": {"type": "array", "maxItems": 500, "items": _SERVICE}},
    }
)


@dataclass(frozen=True)
class Plan:
    """One plan; its schemas are the broker's own words, up to JSON Schema draft 4 to 7."""

    id: str
    name: str
    title: str
    description: str
    free: bool
    bindable: bool
    updateable: bool  # another plan may be chosen for an instance of this one
    max_polling_s: int | None
    maintenance: Json | None
    create_schema: Json | None
    update_schema: Json | None
    bind_schema: Json | None
    costs: tuple[str, ...]  # "99 USD monthly"

    @property
    def price(self) -> str:
        """What it costs, in words."""
        return "free" if self.free else ", ".join(self.costs) or "not free"


@dataclass(frozen=True)
class Service:
    id: str
    name: str
    title: str
    description: str
    docs_url: str
    instances_retrievable: bool
    bindings_retrievable: bool
    plans: tuple[Plan, ...]


@dataclass(frozen=True)
class Offer:
    """One plan of one service."""

    service: Service
    plan: Plan

    @property
    def text(self) -> str:
        return f"{self.service.title}, {self.plan.title} ({self.plan.price})"


def read_catalog(data: Any) -> tuple[Service, ...]:
    """The services of the answer to `GET /v2/catalog`.

    Raises:
        PermanentError: it is not what OSB 2.17 says; names what is wrong and where.
    """
    error = next(iter(_CATALOG.iter_errors(data)), None)
    if error is not None:
        where = "/".join(str(part) for part in error.instance_path) or "the answer"
        text = f"The broker's catalogue is not valid: {where}: {error.message}"
        raise PermanentError(text[:500])
    return tuple(_service(each) for each in data["services"])


def find_offer(services: tuple[Service, ...], service_id: str, plan_id: str) -> Offer:
    """Raises: PermanentError: the broker does not offer it (any more)."""
    for service in services:
        for plan in service.plans:
            if (service.id, plan.id) == (service_id, plan_id):
                return Offer(service, plan)
    raise PermanentError(
        f"The broker does not offer the plan {plan_id} of the service {service_id} (any more)."
    )


def _service(data: Json) -> Service:
    metadata = data.get("metadata") or {}
    return Service(
        id=data["id"],
        name=data["name"],
        title=_text(metadata, "displayName") or data["name"],
        description=_text(metadata, "longDescription") or data["description"],
        docs_url=_text(metadata, "documentationUrl"),
        instances_retrievable=data.get("instances_retrievable") is True,
        bindings_retrievable=data.get("bindings_retrievable") is True,
        plans=tuple(_plan(data, plan) for plan in data["plans"]),
    )


def _plan(service: Json, data: Json) -> Plan:
    schemas = data.get("schemas") or {}
    metadata = data.get("metadata") or {}
    return Plan(
        id=data["id"],
        name=data["name"],
        title=_text(metadata, "displayName") or data["name"],
        description=data["description"],
        free=data.get("free") is not False,
        bindable=_of_both(service, data, "bindable"),
        updateable=_of_both(service, data, "plan_updateable"),
        max_polling_s=data.get("maximum_polling_duration"),
        maintenance=_maintenance(data),
        create_schema=_schema(schemas, "service_instance", "create"),
        update_schema=_schema(schemas, "service_instance", "update"),
        bind_schema=_schema(schemas, "service_binding", "create"),
        costs=tuple(_costs(metadata)),
    )


def _of_both(service: Json, plan: Json, name: str) -> bool:
    """What a plan says overrides what its service says."""
    said = plan.get(name)
    return service.get(name) is True if said is None else said is True


def _maintenance(plan: Json) -> Json | None:
    info = plan.get("maintenance_info") or {}
    return {"version": info["version"]} if isinstance(info.get("version"), str) else None


def _schema(schemas: Json, of: str, verb: str) -> Json | None:
    found: Any = schemas
    for name in (of, verb, "parameters"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) and found else None


def _costs(metadata: Json) -> Iterator[str]:
    costs = metadata.get("costs")
    for cost in costs if isinstance(costs, list) else ():
        amounts = cost.get("amount") if isinstance(cost, dict) else None
        for currency, amount in (amounts if isinstance(amounts, dict) else {}).items():
            if isinstance(amount, int | float):
                unit = str(cost.get("unit", "")).lower()
                yield f"{amount:g} {str(currency).upper()} {unit}".strip()[:60]


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    return value.strip() if isinstance(value, str) else ""
