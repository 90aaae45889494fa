"""The JSON Schemas of the catalogue driver's specs."""

from __future__ import annotations

from typing import Any, Final

from accounts.models import PATH_PATTERN, SLUG_PATTERN
from provisioning.drivers.protocol import Json

DEFAULT_QUOTA = 500  # products of one team

_TEXT: Final = {"type": ["string", "null"]}
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_ID: Final = {"type": "string", "minLength": 1, "maxLength": 400}
_SLUG: Final = {"type": "string", "pattern": SLUG_PATTERN}
_DOMAIN: Final = {"type": "string", "pattern": PATH_PATTERN}
_DATASET: Final = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}


def _spec(**properties: Any) -> dict[str, Any]:
    """A closed object with these properties; names that end in `_` are optional."""
    return {
        "type": "object",
        "required": [name for name in properties if not name.endswith("_")],
        "properties": {name.rstrip("_"): schema for name, schema in properties.items()},
        "additionalProperties": False,
    }


_PORT: Final = _spec(
    name=_SLUG,
    major_={"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    version_=_TEXT,
    title_=_TEXT,
    description_=_TEXT,
    technology_=_TEXT,
    contract_id_=_TEXT,
    contract_version_=_TEXT,
    location_={"type": "object"},
    datasets_={"type": "array", "items": _DATASET, "maxItems": 500},
)
_INPUT: Final = _spec(name=_NAME, version_=_TEXT, contract_id_=_TEXT)

ACTIONS: Final[dict[str, Json]] = {
    "check": _spec(
        slug=_SLUG,
        domain=_DOMAIN,
        team=_SLUG,
        document_id=_ID,
        contract_id_=_TEXT,
        contract_version_=_TEXT,
        quota_={"type": "integer", "minimum": 0},
    ),
    "contract": _spec(
        text={"type": "string", "maxLength": 1_000_000},  # the ODCS document as given
        team=_SLUG,
        domain=_DOMAIN,
        visibility_=_TEXT,
    ),
    "product": _spec(
        document_id=_ID,
        name=_NAME,
        slug=_SLUG,
        domain=_DOMAIN,
        team=_SLUG,
        purpose_=_TEXT,
        description_=_TEXT,
        archetype_=_TEXT,
        visibility_=_TEXT,
        classification_=_TEXT,
        version_=_TEXT,
        tags_={"type": "array", "items": {"type": "string"}},
        ports={"type": "array", "items": _PORT, "maxItems": 100},
        inputs_={"type": "array", "items": _INPUT, "maxItems": 500},
    ),
    "port": _spec(product=_ID, port=_PORT),  # one more for a product that is there
    "domain": _spec(  # owned by the team `owner`, or else by `new_team`, which `asker` owns
        path=_DOMAIN,
        name={"type": "string", "minLength": 1, "maxLength": 120},
        purpose_={"type": ["string", "null"], "maxLength": 4000},
        owner_={"type": ["string", "null"], "pattern": SLUG_PATTERN},
        new_team_={"type": ["string", "null"], "maxLength": 120},
        asker_={"type": ["string", "null"], "maxLength": 150},
    ),
    "checks": _spec(),
}
