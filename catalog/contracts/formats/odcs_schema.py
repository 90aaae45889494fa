"""JSON Schemas of ODCS, one per version, each stated as differences from the next newer one.

The newest comes from the installed package `open-data-contract-standard`; its file is read, the
package is not imported. `tests/conformance` compares every result with the official text.
"""

import copy
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from core.schema_checks import SchemaCheck

Schema = dict[str, Any]

LATEST = "v3.2.0"
VERSIONS = (
    "v3.2.0",
    "v3.1.0",
    "v3.0.2",
    "v3.0.1",
    "v3.0.0",
)  # of one shape; `odcs_older` has those before

_ID = r"[^\s.#/\\@!%&^]+"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_FILE = r"^(?:(?:https?:\/\/)?[A-Za-z0-9._\-\/]+\."

# What 3.2.0 added: fields by definition, and servers.
_FIELDS_SINCE_3_2: Mapping[str, tuple[str, ...]] = {
    "CustomProperty": ("vendor",),
    "RelationshipBase": ("id",),
    "SchemaBaseProperty": ("enum", "semanticType"),
    "SchemaElement": ("deprecated", "synonyms"),
    "SchemaObject": ("context",),
    "ServiceLevelAgreementProperty": ("authoritativeDefinitions", "customProperties"),
}
_SERVERS_SINCE_3_2 = frozenset(
    [
        "btrieve",
        "exasol",
        "fastobjects",
        "hana",
        "iceberg",
        "ingres",
        "poet",
        "teradata",
        "vectorwise",
        "versant",
    ]
)
_ENCODING_SINCE_3_2 = ("Azure", "Custom", "Glue", "Kafka", "Kinesis", "Local", "S3", "Sftp")

# What 3.1.0 added, and what it closed to unknown fields.
_FIELDS_SINCE_3_1: Mapping[str, tuple[str, ...]] = {
    "CustomProperty": ("id", "description"),
    "DataQuality": ("id",),
    "Pricing": ("id",),
    "Role": ("id",),
    "SchemaBaseProperty": ("relationships",),
    "SchemaElement": ("id",),
    "SchemaObject": ("relationships",),
    "Server": ("id",),
    "ServiceLevelAgreementProperty": ("id", "description", "schedule", "scheduler"),
    "SupportItem": ("id", "customProperties"),
}
_SERVERS_SINCE_3_1 = frozenset({"hive", "impala", "zen"})
_OPEN_BEFORE_3_1 = (
    "CustomProperty",
    "DataQuality",
    "Pricing",
    "Role",
    "SchemaBaseProperty",
    "Server",
    "ServiceLevelAgreementProperty",
    "SupportItem",
)
_FILE_FORMATS_BEFORE_3_1 = ("csv", "delta", "json", "parquet")
_DELIMITERS_BEFORE_3_1 = ("array", "new_line")
_BOUNDED_TYPES = frozenset({"date", "integer", "number"})


@cache
def schema_check(version: str) -> SchemaCheck:
    """The compiled schema of one of `VERSIONS`. Cost: some 10 ms the first time."""
    return SchemaCheck(schema(version))


@cache
def schema(version: str) -> Schema:
    """The JSON Schema of one of `VERSIONS`; shared, do not change it."""
    if version == LATEST:
        return _changed(_installed(), _as_official)
    if version == "v3.1.0":
        return _changed(schema(LATEST), _as_3_1)
    return _changed(schema("v3.1.0"), _as_3_0)


def _installed() -> Schema:
    found = importlib.util.find_spec("open_data_contract_standard")
    if found is None or found.origin is None:
        raise RuntimeError("The package open-data-contract-standard is not installed.")
    loaded: Schema = orjson.loads(Path(found.origin).with_name("schema.json").read_bytes())
    return loaded


def _changed(base: Schema, change: Callable[[Schema], None]) -> Schema:
    result = copy.deepcopy(base)
    change(result)
    return result


def _as_official(root: Schema) -> None:
    """3.2.0: the published text allows more ids and `blob`, and conditions need their type."""
    definitions = root["$defs"]
    definitions["StableId"]["pattern"] = f"^{_ID}$"
    definitions["FullyQualifiedReference"]["pattern"] = _reference(_ID, file=r"ya?ml")
    definitions["SchemaObject"]["properties"]["logicalType"]["enum"] = ["object", "blob"]
    for condition in definitions["SchemaBaseProperty"]["allOf"]:
        if _types_of(condition) & {"map", "vector"}:
            condition["if"]["required"] = ["logicalType"]
        if _types_of(condition) == {"vector"}:
            condition["then"]["required"] = ["logicalTypeOptions"]


def _as_3_1(root: Schema) -> None:
    definitions = root["$defs"]
    root["required"].append("status")
    root["properties"]["apiVersion"]["enum"].remove(LATEST)
    del root["properties"]["context"]
    _drop_fields(definitions, _FIELDS_SINCE_3_2)
    _drop_servers(definitions["Server"], _SERVERS_SINCE_3_2)
    _drop_types(definitions["SchemaBaseProperty"], {"map", "vector"})
    definitions["SchemaObject"]["properties"]["logicalType"]["enum"] = ["object"]
    definitions["Port"] = {"type": "integer"}
    definitions["StableId"]["pattern"] = "^[A-Za-z0-9_-]+$"
    definitions["FullyQualifiedReference"]["pattern"] = _reference("[A-Za-z0-9_-]+", file="yaml")
    definitions["ShorthandReference"]["pattern"] = rf"^{_NAME}\.{_NAME}$"
    sources = definitions["ServerSource"]
    for name in _ENCODING_SINCE_3_2:
        del sources[f"{name}Server"]["properties"]["encoding"]
    del sources["AthenaServer"]["properties"]["workgroup"]
    sources["AthenaServer"]["required"] = ["stagingDir", "schema"]


def _as_3_0(root: Schema) -> None:
    definitions = root["$defs"]
    root["properties"]["apiVersion"]["enum"].remove("v3.1.0")
    del root["unevaluatedProperties"]
    _drop_fields(definitions, _FIELDS_SINCE_3_1)
    for name in _OPEN_BEFORE_3_1:
        _open(definitions[name])
    del definitions["CustomProperty"]["required"]
    links = definitions["AuthoritativeDefinitions"]["items"]
    _open(links)
    for field in ("id", "description"):
        del links["properties"][field]
    definitions["SupportItem"]["required"].append("url")
    _team_of_3_0(root)
    _types_of_3_0(definitions["SchemaBaseProperty"])
    _quality_of_3_0(definitions)
    _drop_servers(definitions["Server"], _SERVERS_SINCE_3_1)
    _servers_of_3_0(definitions["ServerSource"])


def _team_of_3_0(root: Schema) -> None:
    """A list of members, open to unknown fields and without a required one."""
    member = root["$defs"]["Team"] = root["$defs"].pop("TeamMember")
    del member["required"]
    _open(member)
    for field in ("id", "tags", "customProperties", "authoritativeDefinitions"):
        del member["properties"][field]
    for field in ("name", "description"):
        member["properties"][field] = {"type": "string"}
    root["properties"]["team"] = {"type": "array", "items": {"$ref": "#/$defs/Team"}}


def _types_of_3_0(base_property: Schema) -> None:
    """No points in time; exclusive bounds say yes or no instead of a limit."""
    _drop_types(base_property, {"timestamp", "time"})
    for condition in base_property["allOf"]:
        if _types_of(condition) & _BOUNDED_TYPES:
            options = condition["then"]["properties"]["logicalTypeOptions"]["properties"]
            for bound in ("exclusiveMinimum", "exclusiveMaximum"):
                options[bound] = {"type": "boolean"}


def _quality_of_3_0(definitions: Schema) -> None:
    """A library rule names its `rule`, also where the type is left out; operators may be mixed."""
    library, sql = definitions["DataQualityLibrary"], definitions["DataQualitySql"]
    operators: Schema = {}
    for choice in definitions["DataQualityOperators"]["oneOf"]:
        operators |= choice["properties"]
    operators = {name: _without_words(rule) for name, rule in operators.items()}
    library["required"] = ["rule"]
    library["properties"] = {"rule": {"type": "string"}, **operators}
    del library["allOf"], sql["allOf"]
    for condition in definitions["DataQuality"]["allOf"]:
        if condition["then"]["$ref"].endswith("DataQualityLibrary"):
            condition["if"] = {"properties": {"type": {"const": "library"}}}


def _servers_of_3_0(sources: Schema) -> None:
    for name in ("Azure", "S3", "Sftp"):
        fields = sources[f"{name}Server"]["properties"]
        fields["format"]["enum"] = list(_FILE_FORMATS_BEFORE_3_1)
        fields["delimiter"]["enum"] = list(_DELIMITERS_BEFORE_3_1)
    sources["DuckdbServer"]["properties"]["schema"]["type"] = "integer"
    del sources["CustomServer"]["properties"]["stream"]


def _reference(identifier: str, *, file: str) -> str:
    step = rf"{_NAME}\/{identifier}"
    return rf"{_FILE}{file}#)?\/?{step}(?:\/{step})*$"


def _drop_fields(definitions: Schema, fields: Mapping[str, Iterable[str]]) -> None:
    for name, gone in fields.items():
        for field in gone:
            del definitions[name]["properties"][field]


def _drop_servers(server: Schema, types: frozenset[str]) -> None:
    known = server["properties"]["type"]
    known["enum"] = [name for name in known["enum"] if name not in types]
    server["allOf"] = [
        rule for rule in server["allOf"] if rule["if"]["properties"]["type"]["const"] not in types
    ]


def _drop_types(base_property: Schema, types: set[str]) -> None:
    known = base_property["properties"]["logicalType"]
    known["enum"] = [name for name in known["enum"] if name not in types]
    base_property["allOf"] = [
        rule for rule in base_property["allOf"] if not _types_of(rule) & types
    ]


def _types_of(condition: Schema) -> set[str]:
    """The logical types a condition of a property is about."""
    test = condition.get("if", {})
    choices = test.get("anyOf", [test])
    names = (choice.get("properties", {}).get("logicalType", {}).get("const") for choice in choices)
    return {name for name in names if name}


def _open(definition: Schema) -> None:
    definition.pop("additionalProperties", None)
    definition.pop("unevaluatedProperties", None)


def _without_words(rule: Schema) -> Schema:
    return {name: value for name, value in rule.items() if name not in ("description", "examples")}
