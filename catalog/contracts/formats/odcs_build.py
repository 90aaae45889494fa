"""A minimal valid contract (ODCS v3.1.0) from typed columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LOGICAL_TYPES = (
    "string",
    "date",
    "timestamp",
    "time",
    "number",
    "integer",
    "object",
    "array",
    "boolean",
)


@dataclass(frozen=True)
class Column:
    """One column of the described object; `logical_type` is one of `LOGICAL_TYPES`."""

    name: str
    logical_type: str
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    classification: str = ""
    description: str = ""


def contract_from_columns(
    *,
    document_id: str,
    version: str,
    name: str,
    domain: str,
    team: str,
    purpose: str,
    object_name: str,
    columns: Sequence[Column],
    classification: str = "",
    retention_days: int | None = None,
    retention_column: str = "",
    status: str = "active",
    must_have_rows: bool = False,
) -> dict[str, Any]:
    """A document with the promises that the columns imply: required has no nulls, keys no twins.

    Args:
        classification: of columns that name none themselves.
        retention_days: as a service level, when given.
        retention_column: with the moment from which that counts; "": it is not measured.
        must_have_rows: promise at least one row.
    """
    document: dict[str, Any] = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": document_id,
        "name": name,
        "version": version,
        "status": status,
        "domain": domain,
        "team": {"name": team},
        "description": {"purpose": purpose},
        "schema": [_object(object_name, columns, classification, must_have_rows)],
    }
    if retention_days is not None:
        level: dict[str, Any] = {"property": "retention", "value": retention_days, "unit": "d"}
        if retention_column:
            level["element"] = f"{object_name}.{retention_column}"
        document["slaProperties"] = [level]
    return document


def _object(
    name: str, columns: Sequence[Column], classification: str, must_have_rows: bool
) -> dict[str, Any]:
    keys = [column.name for column in columns if column.primary_key]
    result: dict[str, Any] = {
        "name": name,
        "physicalName": name,
        "logicalType": "object",
        "physicalType": "table",
        "properties": [_property(column, keys, classification) for column in columns],
    }
    rules = []
    if len(keys) > 1:
        rules.append(_rule("duplicateValues", "No two rows share a key", properties=keys))
    if must_have_rows:
        rules.append(_rule("rowCount", "There are rows", operator="mustBeGreaterThan"))
    return {**result, "quality": rules} if rules else result


def _property(column: Column, keys: Sequence[str], classification: str) -> dict[str, Any]:
    result: dict[str, Any] = {"name": column.name, "logicalType": column.logical_type}
    if column.description:
        result["description"] = column.description
    if column.required or column.primary_key:
        result["required"] = True
    if column.unique:
        result["unique"] = True
    if column.primary_key:
        result |= {"primaryKey": True, "primaryKeyPosition": keys.index(column.name) + 1}
    if column.classification or classification:
        result["classification"] = column.classification or classification
    rules = _property_rules(column, is_only_key=list(keys) == [column.name])
    return {**result, "quality": rules} if rules else result


def _property_rules(column: Column, *, is_only_key: bool) -> list[dict[str, Any]]:
    rules = []
    if column.required or column.primary_key:
        rules.append(_rule("nullValues", f"{column.name} is always filled in"))
    if column.unique or is_only_key:
        rules.append(_rule("duplicateValues", f"{column.name} is never the same twice"))
    return rules


def _rule(
    metric: str, name: str, *, operator: str = "mustBe", properties: Sequence[str] = ()
) -> dict[str, Any]:
    rule: dict[str, Any] = {"name": name, "type": "library", "metric": metric, operator: 0}
    if properties:
        rule["arguments"] = {"properties": list(properties)}
    return {**rule, "unit": "rows", "severity": "error"}
