"""ODCS 2.2: the shape before 3.0, judged as it is and read as if it were of today.

Tables stand in `dataset`, their fields in `columns`, and the document's key is `uuid`. Versions
2.2.0 to 2.2.2 differ in words and examples only, so one schema judges all three.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from catalog.contracts.formats.odcs_parse import ContractDoc, Property, SchemaObject, parse
from core.descriptors import Node, declared_version
from core.field_lists import definition, read_fields
from core.schema_checks import SchemaCheck

OLDER_VERSIONS = ("v2.2.2", "v2.2.1", "v2.2.0")

_FIELDS: Mapping[str, str] = {
    "DataContract": "version! kind! apiVersion uuid! datasetKind userConsumptionMode type! tenant "
    "tags:*text status! sourceSystem sourcePlatform server quantumName! productSlackChannel "
    "productFeedbackUrl productDl username password driverVersion driver description:Description "
    "project datasetName! datasetDomain database dataset!:*Table price:Price "
    "stakeholders:*Stakeholder roles:*Role slaDefaultColumn slaProperties:*Level",
    "Description": "usage purpose limitations",
    "Table": "table! physicalName priorTableName description authoritativeDefinitions:*Link "
    "dataGranularity columns:*Column quality:*Rule",
    "Column": "column! isPrimaryKey:flag primaryKeyPosition:whole businessName logicalType! "
    "physicalType! description isNullable:flag isUnique:flag partitionStatus:flag "
    "partitionKeyPosition:whole clusterStatus:flag clusterKeyPosition:whole classification "
    "authoritativeDefinitions:*Link encryptedColumnName transformSourceTables:*text "
    "transformLogic transformDescription sampleValues:*text criticalDataElementStatus:flag "
    "tags:*text",
    "Rule": "code templateName! description toolName! toolRuleName dimension columns column type "
    "severity businessImpact scheduleCronExpression customProperties:*Custom",
    "Link": "url! type!",
    "Price": "priceAmount:number priceCurrency priceUnit",
    "Stakeholder": "username role dateIn dateOut replacedByUsername",
    "Role": "role! access! firstLevelApprovers secondLevelApprovers",
    "Level": "property! value!:text|number valueExt:text|number unit column driver",
    "Custom": "property value:mapping",
}
_COLUMN_FIELDS = {  # of 2.2: of 3
    "column": "name",
    "isPrimaryKey": "primaryKey",
    "isUnique": "unique",
    "encryptedColumnName": "encryptedName",
    "transformSourceTables": "transformSourceObjects",
    "sampleValues": "examples",
    "criticalDataElementStatus": "criticalDataElement",
    "partitionStatus": "partitioned",
}
_RULE_FIELDS = {"templateName": "name", "toolName": "engine", "scheduleCronExpression": "schedule"}
_SAME_AT_ROOT = ("version", "kind", "apiVersion", "tenant", "tags", "status", "description")
_SERVER_FIELDS = ("database", "project", "driver", "driverVersion")
_STEPS = (  # of a pointer into what `upgraded` gives: of one into the document
    (re.compile(r"^/schema(?=/|$)"), "/dataset"),
    (re.compile(r"(?<=\d)/properties(?=/\d)"), "/columns"),
    (re.compile(r"^/team/members(?=/|$)"), "/stakeholders"),
    (re.compile(r"^/slaDefaultElement$"), "/slaDefaultColumn"),
    (re.compile(r"^/id$"), "/uuid"),
    (re.compile(r"^/name$"), "/datasetName"),
    (re.compile(r"^(/dataset/\d+)/name$"), r"\1/table"),
    (re.compile(r"(/columns/\d+)/name$"), r"\1/column"),
    (re.compile(r"(/slaProperties/\d+)/element$"), r"\1/column"),
)


def is_older(data: Any) -> bool:
    """Whether the document declares a version of the older shape."""
    return declared_version(data) in OLDER_VERSIONS


@cache
def older_check() -> SchemaCheck:
    """The compiled schema of 2.2."""
    return SchemaCheck(older_schema())


def older_schema() -> dict[str, Any]:
    """The JSON Schema of 2.2; it is open to other fields everywhere."""
    fields = read_fields(_FIELDS)
    definitions = {name: definition(each, is_open=True) for name, each in fields.items()}
    root = definitions.pop("DataContract")
    root["properties"]["kind"]["enum"] = ["DataContract"]
    return {**root, "$defs": definitions}


def pointer_in(pointer: str) -> str:
    """The pointer into a document of 2.2 for one into what `upgraded` makes of it."""
    for step, older in _STEPS:
        pointer = step.sub(older, pointer)
    return pointer


def parse_older(data: Node) -> ContractDoc:
    """Read a document of 2.2 that its schema accepts; pointers lead into it as it was given."""
    doc = parse(upgraded(data))
    return replace(
        doc,
        objects=tuple(_object_in(each) for each in doc.objects),
        rules=tuple(replace(each, pointer=pointer_in(each.pointer)) for each in doc.rules),
    )


def _object_in(described: SchemaObject) -> SchemaObject:
    return replace(
        described,
        pointer=pointer_in(described.pointer),
        properties=tuple(_property_in(each) for each in described.properties),
    )


def _property_in(each: Property) -> Property:
    return replace(each, pointer=pointer_in(each.pointer))


def upgraded(data: Node) -> dict[str, Any]:
    """The same contract in the shape of 3; what has no place there stays in the document only."""
    result = _picked(data, _SAME_AT_ROOT)
    result |= {
        "id": data.get("uuid"),
        "name": data.get("datasetName"),
        "domain": data.get("datasetDomain"),
        "dataProduct": data.get("quantumName"),
        "slaDefaultElement": data.get("slaDefaultColumn"),
        "price": data.get("price"),
        "roles": data.get("roles"),
        "schema": [_table(each) for each in data.get("dataset") or ()],
        "slaProperties": [_level(each) for each in data.get("slaProperties") or ()],
        "team": {"members": list(data.get("stakeholders") or ())},
        "servers": _servers(data),
    }
    return _filled(result)


def _table(node: Node) -> dict[str, Any]:
    kept = ("physicalName", "description", "authoritativeDefinitions")
    return _filled(
        {
            **_picked(node, kept),
            "name": node.get("table"),
            "dataGranularityDescription": node.get("dataGranularity"),
            "properties": [_column(each) for each in node.get("columns") or ()],
            "quality": [_rule(each) for each in node.get("quality") or ()],
        }
    )


def _column(node: Node) -> dict[str, Any]:
    result = {_COLUMN_FIELDS.get(name, name): value for name, value in node.items()}
    if node.get("isNullable") is False:
        result["required"] = True
    result.pop("isNullable", None)
    return result


def _rule(node: Node) -> dict[str, Any]:
    """A rule that a tool runs: its type of then (a phase) is none of ours."""
    rule = {_RULE_FIELDS.get(name, name): value for name, value in node.items() if name != "type"}
    columns = node.get("columns") or node.get("column")
    arguments = {"properties": [part.strip() for part in str(columns).split(",")]}
    return _filled(
        {
            **rule,
            "type": "custom",
            "implementation": node.get("toolRuleName") or node.get("code"),
            "arguments": arguments if columns else None,
        }
    )


def _level(node: Node) -> dict[str, Any]:
    result = dict(node)
    if "column" in result:
        result["element"] = result.pop("column")
    return result


def _servers(data: Node) -> list[dict[str, Any]]:
    """The one server of 2.2; user and password are nobody's business and left out."""
    if not data.get("server"):
        return []
    server = {"server": data["server"], "type": data.get("sourcePlatform") or "custom"}
    return [{**server, **_picked(data, _SERVER_FIELDS)}]


def _picked(node: Node, fields: Iterable[str]) -> dict[str, Any]:
    return {name: node[name] for name in fields if name in node}


def _filled(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if value not in (None, [], {})}
