"""The contract documents (ODCS v3.1.0) of a synthetic catalogue, with the rows that they give.

Data, text and rows are put together from pieces that are made once, so that a document costs
microseconds; tests hold the three against the parser.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import orjson

from portal.scale import words
from portal.scale.plan import ProductPlan, skewed

KEY_MARKS = "rk"
RETENTION_DAYS = (365, 730, 1_095, 2_555, 3_650)
LATENCY_HOURS = (1, 4, 8, 24, 48)


@dataclass(frozen=True, slots=True)
class RulePlan:
    """A quality rule as the contract states it."""

    pointer: str
    object_name: str
    property_path: str
    metric: str
    operator: str
    dimension: str
    name: str


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    name: str
    description: str
    columns: list[words.Col]


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """One version of a contract."""

    document_id: str
    name: str
    version: str
    status: str
    objects: list[ObjectPlan]
    rules: list[RulePlan]
    levels: list[tuple[str, int, str]]  # property, value, unit
    data: str  # JSON
    text: str  # YAML
    sha256: str


def draw_objects(random: Random, product: ProductPlan, port: int) -> list[ObjectPlan]:
    """The tables of a port: a key and what such tables have."""
    plural, singular = words.SUBJECTS[product.subject]
    key = words.Col(f"{singular}_id", "string", "text", "Identifies the row", KEY_MARKS)
    tables = [(product.table(port), f"One row per {singular.replace('_', ' ')}")]
    if random.random() < 0.15:
        tables.append((f"{product.table(port)}_history", f"Former states of {plural}"))
    return [ObjectPlan(name, said, [key, *_columns(random, key)]) for name, said in tables]


def contract_of(
    product: ProductPlan, port: int, version: str, objects: list[ObjectPlan], number: int
) -> ContractPlan:
    """A version with these tables; `number` is any number, for what differs by chance."""
    listed = product.status in {"active", "deprecated"}
    head = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{product.id}-{port}",
        "name": f"{product.name}, {product.port_name(port)}",
        "version": version,
        "status": "active" if listed else "draft",
        "domain": product.domain.path,
        "dataProduct": product.name,
        "team": {"name": product.team.slug},
        "description": {
            "purpose": f"What a reader of {product.name} may rely on",
            "usage": "Read it by day; the newest day is complete when its partition is there",
        },
        "tags": [words.TAGS[number % len(words.TAGS)]],
    }
    levels = [
        ("latency", LATENCY_HOURS[number % len(LATENCY_HOURS)], "h"),
        ("retention", RETENTION_DAYS[number % len(RETENTION_DAYS)], "d"),
    ]
    promised = [{"property": name, "value": value, "unit": unit} for name, value, unit in levels]
    schema = [_object(each, product.classification) for each in objects]
    data = {**head, "schema": schema, "slaProperties": promised}
    return ContractPlan(
        document_id=str(head["id"]),
        name=str(head["name"]),
        version=version,
        status=str(head["status"]),
        objects=objects,
        rules=[rule for at, each in enumerate(objects) for rule in _rules(at, each)],
        levels=levels,
        data=orjson.dumps(data).decode(),
        text=_yaml(head, objects, product.classification, levels),
        sha256=hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest(),
    )


def class_of(column: words.Col, classification: str) -> str:
    """The classification of a column: personal data is confidential at least."""
    return "confidential" if "c" in column.marks and classification != "restricted" else ""


def _columns(random: Random, key: words.Col) -> list[words.Col]:
    wanted = 4 + skewed(random, 10, 1.3)
    chosen = dict.fromkeys(skewed(random, len(words.COLUMNS), 1.4) for _ in range(wanted))
    return [words.COLUMNS[at] for at in chosen if words.COLUMNS[at].name != key.name]


def _object(planned: ObjectPlan, classification: str) -> dict[str, Any]:
    return {
        "name": planned.name,
        "physicalName": planned.name,
        "logicalType": "object",
        "physicalType": "table",
        "description": planned.description,
        "properties": [_property(each, classification) for each in planned.columns],
        "quality": [_ROWS],
    }


@cache
def _property(column: words.Col, classification: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "logicalType": column.logical_type,
        "physicalType": column.physical_type,
        "description": column.description,
    }
    if "r" in column.marks:
        found["required"] = True
    if "k" in column.marks:
        found |= {"primaryKey": True, "primaryKeyPosition": 1}
    if class_of(column, classification):
        found["classification"] = class_of(column, classification)
    rules = [_rule_data(metric, column.name) for metric in _metrics(column)]
    return {**found, "quality": rules} if rules else found


def _metrics(column: words.Col) -> list[str]:
    metrics = ["nullValues"] if "r" in column.marks else []
    return [*metrics, "duplicateValues"] if "k" in column.marks else metrics


_NAMES = {
    "nullValues": "{} is always filled in",
    "duplicateValues": "{} is never the same twice",
    "rowCount": "There are rows",
}
_DIMENSIONS = {
    "nullValues": "completeness",
    "duplicateValues": "uniqueness",
    "rowCount": "coverage",
}
_ROWS = {
    "name": _NAMES["rowCount"],
    "type": "library",
    "metric": "rowCount",
    "mustBeGreaterThan": 0,
    "unit": "rows",
    "severity": "error",
}


def _rule_data(metric: str, column: str) -> dict[str, Any]:
    return {
        "name": _NAMES[metric].format(column),
        "type": "library",
        "metric": metric,
        "mustBe": 0,
        "unit": "rows",
        "severity": "error",
    }


def _rules(at: int, planned: ObjectPlan) -> list[RulePlan]:
    pointer = f"/schema/{at}"
    found = [
        RulePlan(
            *(f"{pointer}/quality/0", planned.name, "", "rowCount", "mustBeGreaterThan"),
            *(_DIMENSIONS["rowCount"], _NAMES["rowCount"]),
        )
    ]
    for place, column in enumerate(planned.columns):
        for number, metric in enumerate(_metrics(column)):
            found.append(
                RulePlan(
                    f"{pointer}/properties/{place}/quality/{number}",
                    *(planned.name, column.name, metric, "mustBe"),
                    *(_DIMENSIONS[metric], _NAMES[metric].format(column.name)),
                )
            )
    return found


def _yaml(
    head: dict[str, Any],
    objects: list[ObjectPlan],
    classification: str,
    levels: list[tuple[str, int, str]],
) -> str:
    lines = [f"{name}: {json.dumps(value)}" for name, value in head.items()]
    lines.append("schema:")
    for planned in objects:
        lines.append(f"  - name: {planned.name}")
        lines.append(f"    physicalName: {planned.name}")
        lines.append("    logicalType: object\n    physicalType: table")
        lines.append(f"    description: {json.dumps(planned.description)}")
        lines.append("    properties:")
        lines.extend(_property_yaml(each, classification) for each in planned.columns)
        lines.append(f"    quality:\n      - {json.dumps(_ROWS)}")
    lines.append("slaProperties:")
    for name, value, unit in levels:
        lines.append(f"  - property: {name}\n    value: {value}\n    unit: {unit}")
    return "\n".join(lines) + "\n"


@cache
def _property_yaml(column: words.Col, classification: str) -> str:
    pairs = list(_property(column, classification).items())
    lines = [f"{name}: {json.dumps(value)}" for name, value in pairs if name != "quality"]
    rules = _property(column, classification).get("quality", [])
    if rules:
        lines.append("quality:")
        lines.extend(f"  - {json.dumps(rule)}" for rule in rules)
    return "      - " + "\n        ".join(lines)
