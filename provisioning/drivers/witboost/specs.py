"""The JSON Schemas of the tech adapter driver's specs."""

from __future__ import annotations

from typing import Any, Final

from accounts.models import PATH_PATTERN, SLUG_PATTERN
from provisioning.drivers.protocol import Json

KINDS: Final = ("storage", "outputport", "workload", "observability")
_TEXT: Final = {"type": ["string", "null"], "maxLength": 5000}
_SLUG: Final = {"type": "string", "pattern": SLUG_PATTERN}
_TAGS: Final = {"type": "array", "items": {"type": "string"}, "maxItems": 100}
_PRODUCT: Final = {
    "type": "object",
    "required": ["domain", "slug", "name", "team"],
    "additionalProperties": False,
    "properties": {
        "domain": {"type": "string", "pattern": PATH_PATTERN},
        "slug": _SLUG,
        "team": _SLUG,
        **dict.fromkeys(("name", "description", "version", "owner", "email"), _TEXT),
        **dict.fromkeys(("environment", "maturity"), _TEXT),
        "tags": _TAGS,
    },
}
_COMPONENT: Final = {
    "type": "object",
    "required": ["kind", "name", "infrastructure_template"],
    "additionalProperties": False,
    "properties": {
        "kind": {"enum": list(KINDS)},
        "name": _SLUG,
        **dict.fromkeys(("title", "description", "version", "platform", "technology"), _TEXT),
        "infrastructure_template": {"type": "string", "minLength": 1, "maxLength": 300},
        **dict.fromkeys(("use_case_template", "output_port_type", "endpoint", "table"), _TEXT),
        "depends_on": {"type": "array", "items": _SLUG, "maxItems": 100},
        "tags": _TAGS,
        "specific": {"type": "object"},
    },
}
_COMMON: Final[dict[str, Any]] = {
    "target": {"type": "string", "minLength": 1, "maxLength": 63},
    "product": _PRODUCT,
    "component": _COMPONENT,
}


def _spec(*required: str, **more: Json) -> Json:
    return {
        "type": "object",
        "required": ["target", "product", "component", *required],
        "additionalProperties": False,
        "properties": {**_COMMON, **more},
    }


ACTIONS: Final[dict[str, Json]] = {
    "component": _spec(
        contract={"type": ["string", "null"], "maxLength": 1_000_000},  # the ODCS document as given
        remove_data={"type": "boolean"},  # when the component is removed; true unless said
    ),
    "acl": _spec(
        "refs",
        refs={  # all that may read, not only those that are new
            "type": "array",
            "maxItems": 5000,
            "items": {"type": "string", "pattern": "^(user|group):[^\\s]+$", "maxLength": 300},
        },
        of={"type": "string", "format": "uuid"},  # whose component, if it is another instance's
    ),
}
