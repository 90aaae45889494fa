"""The JSON Schemas of the specs and the dataclasses they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisioning.drivers.postgres.coltypes import ColumnType, column_type
from provisioning.drivers.postgres.narrowing import OPERATORS as NARROW_OPERATORS
from provisioning.drivers.protocol import Json

MAX_OBJECTS = 500
MAX_COLUMNS = 1000  # PostgreSQL's own limit is 1600 and shrinks with wide types
MAX_SAMPLE_ROWS = 10_000
MAX_CONDITIONS = 20  # of a filter on the rows of one table
MAX_VALUES = 1000  # of one condition
OPERATORS: Final = (
    *("mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo"),
    *("mustBeLessThan", "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"),
)
METRICS: Final = (
    *("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"),
    *("expiredValues", "age"),  # of service levels
)

_TEXT: Final = {"type": ["string", "null"]}
_FLAG: Final = {"type": ["boolean", "null"]}
_SLUG: Final = {"type": "string", "minLength": 1, "maxLength": 500}
_SCHEMA: Final = {"type": "string", "pattern": "^dp_[a-z0-9_]{1,60}$"}
_NAME: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_DAY: Final = {"type": "string", "format": "date"}
_MODE: Final = {"enum": ["read", "write"]}  # writing includes reading
_LABEL: Final = {"type": "string", "minLength": 1, "maxLength": 1000}
_PROPERTY: Final = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": _LABEL,
        "logical_type": _TEXT,
        "physical_type": _TEXT,
        "description": _TEXT,
        "required": _FLAG,
        "unique": _FLAG,
        "primary_key": _FLAG,
    },
}
_OBJECT: Final = {
    "type": "object",
    "required": ["name", "properties"],
    "properties": {
        "name": _LABEL,
        "description": _TEXT,
        "properties": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_COLUMNS,
            "items": _PROPERTY,
        },
    },
}
_NARROW: Final = {  # what of a table a reader gets
    "type": "object",
    "properties": {
        "columns": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_COLUMNS,
            "uniqueItems": True,
            "items": _NAME,
        },
        "rows": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_CONDITIONS,
            "items": {
                "type": "object",
                "required": ["column", "operator"],
                "properties": {
                    "column": _NAME,
                    "operator": {"enum": list(NARROW_OPERATORS)},
                    "values": {
                        "type": "array",
                        "maxItems": MAX_VALUES,
                        "items": {
                            "type": ["string", "number", "boolean"],
                            "maxLength": 1000,
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
_RULE: Final = {
    "type": "object",
    "required": ["id", "operator", "threshold"],
    "properties": {
        "id": {"type": "string"},
        "metric": {"enum": [*METRICS, None]},
        "columns": {"type": "array", "items": _LABEL},  # by the contract's names, or the table's
        "arguments": {"type": ["object", "null"]},
        "query": {"type": ["string", "null"]},  # one that is too long costs no other its result
        "operator": {"enum": list(OPERATORS)},
        "threshold": {
            "oneOf": [
                {"type": "number"},
                {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            ]
        },
        "unit": {"enum": ["rows", "percent", "seconds", None]},
    },
}
_SAMPLE: Final = {  # of a table that has `from` rows or more, about `rows` are looked at
    "type": "object",
    "required": ["from", "rows"],
    "properties": {
        "from": {"type": "integer", "minimum": 1},
        "rows": {"type": "integer", "minimum": 1},
    },
    "additionalProperties": False,
}


def _spec(**properties: Any) -> dict[str, Any]:
    """A spec with these properties; names that end in `_` are optional."""
    named = {name.rstrip("_"): schema for name, schema in properties.items()}
    required = [name for name in properties if not name.endswith("_")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": required,
        "properties": {**named, "target": {"type": "string"}},
        "additionalProperties": False,
    }


ACTIONS: Final[dict[str, Json]] = {
    "schema": _spec(slug=_SLUG, description_=_TEXT),
    "tables": _spec(
        slug=_SLUG,
        objects={"type": "array", "minItems": 1, "maxItems": MAX_OBJECTS, "items": _OBJECT},
    ),
    "roles": _spec(slug=_SLUG, builds_={"type": "boolean"}, until_=_DAY),
    "account": _spec(slug=_SLUG, holder=_LABEL, until=_DAY),
    "sample": _spec(
        slug=_SLUG,
        rows={
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "object"}},
        },
    ),
    "grant": _spec(
        schema=_SCHEMA,
        tables={"type": "array", "minItems": 1, "maxItems": MAX_OBJECTS, "items": _NAME},
        narrow_={"type": "object", "propertyNames": _NAME, "additionalProperties": _NARROW},
        until_=_MOMENT,
        mode_=_MODE,
    ),
    "login": _spec(
        schema=_SCHEMA,
        holder=_LABEL,
        expires_at=_MOMENT,
        mode_=_MODE,
        kept_={"type": "boolean"},
    ),
    "measure": _spec(
        slug=_SLUG,
        table=_NAME,
        rules={"type": "array", "items": _RULE, "maxItems": 2000},
        sample_=_SAMPLE,
    ),
}


@dataclass(frozen=True)
class Column:
    source: str  # the property's name in the contract
    type: ColumnType
    required: bool
    unique: bool
    primary_key: bool
    description: str
    warning: str


@dataclass(frozen=True)
class Table:
    source: str  # the object's name in the contract
    description: str
    columns: tuple[Column, ...]


def tables_of(spec: Json) -> tuple[Table, ...]:
    """The objects of a contract; of two with one name the first counts."""
    objects: dict[str, Mapping[str, Any]] = {}
    for each in spec["objects"]:
        objects.setdefault(each["name"], each)
    return tuple(
        Table(name, each.get("description") or "", _columns(each["properties"]))
        for name, each in objects.items()
    )


def _columns(properties: list[Mapping[str, Any]]) -> tuple[Column, ...]:
    columns: dict[str, Column] = {}
    for each in properties:
        kind, warning = column_type(each.get("logical_type"), each.get("physical_type"))
        column = Column(
            source=each["name"],
            type=kind,
            required=bool(each.get("required")) or bool(each.get("primary_key")),
            unique=bool(each.get("unique")),
            primary_key=bool(each.get("primary_key")),
            description=each.get("description") or "",
            warning=warning,
        )
        columns.setdefault(column.source, column)
    return tuple(columns.values())
