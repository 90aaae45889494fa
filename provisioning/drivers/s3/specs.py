"""The JSON Schemas of the specs, and names made from them."""

from __future__ import annotations

from typing import Any, Final

from provisioning.drivers.postgres.naming import safe_name
from provisioning.drivers.protocol import Json, Step

MAX_PRINCIPALS = 50
MAX_SLUG = 24
READ, WRITE = "read", "write"

_SLUG: Final = {"type": "string", "minLength": 1, "maxLength": 500}
_BUCKET: Final = {"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"}
_PREFIX: Final = {"type": "string", "pattern": "^([a-z0-9][a-z0-9-]{0,62}/)?$"}
# An identity by its name; never everybody.
PRINCIPAL: Final[dict[str, str]] = {
    "type": "string",
    "pattern": r"^arn:aws[a-z-]{0,20}:(iam|sts)::[0-9]{12}:[A-Za-z0-9+=,.@_/-]{1,200}$",
}
_PRINCIPALS: Final = {"type": "array", "items": PRINCIPAL, "maxItems": MAX_PRINCIPALS}


def _spec(**properties: Any) -> dict[str, Any]:
    """A spec with these properties; names that end in `_` are optional."""
    named = {name.rstrip("_"): schema for name, schema in properties.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["target", *(name for name in properties if not name.endswith("_"))],
        "properties": {**named, "target": {"type": "string"}},
        "additionalProperties": False,
    }


ACTIONS: Final[dict[str, Json]] = {
    "area": _spec(
        slug=_SLUG,
        versioning_={"type": ["boolean", "null"]},
        expire_days_={"type": ["integer", "null"], "minimum": 1, "maximum": 36_500},
        roles_={
            "type": "object",
            "properties": {READ: _PRINCIPALS, WRITE: _PRINCIPALS},
            "additionalProperties": False,
        },
        with_data_={"type": ["boolean", "null"]},
    ),
    "area-grant": _spec(
        bucket=_BUCKET, prefix_=_PREFIX, principal=PRINCIPAL, access={"enum": [READ, WRITE]}
    ),
}


def area_name(step: Step) -> str:
    """Of its own for each instance; letters, digits and hyphens."""
    slug = safe_name(step.spec["slug"], prefix="x").replace("_", "-")
    return f"{slug[:MAX_SLUG].rstrip('-')}-{step.instance_id.hex[-8:]}"
