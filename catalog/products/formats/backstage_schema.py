"""Our own JSON Schemas of Backstage entities: the envelope that all share, and each kind's `spec`.

A spec is open to other fields; entity and relation are closed, as the model has it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from core.field_lists import definition, kind_schema, read_fields
from core.schema_checks import SchemaCheck

GROUP = "backstage.io/"
VERSIONS = ("backstage.io/v1alpha1", "backstage.io/v1beta1")

_CLOSED = frozenset({"Entity", "Relation", "Reference"})
_ENVELOPE: Mapping[str, str] = {
    "Entity": "apiVersion!:filled kind!:filled metadata!:Meta spec:mapping relations:*Relation "
    "status:Status",
    "Meta": "uid:filled etag:filled name!:filled namespace:filled title:filled description "
    "labels:Texts annotations:Texts tags:*filled links:*Link",
    "Link": "url!:filled title:filled icon:filled type:filled",
    "Relation": "type!:filled target:Reference targetRef!:filled",
    "Reference": "kind!:filled namespace!:filled name!:filled",
    "Status": "items:*StatusItem",
    "StatusItem": "type!:filled level! message! error:Error",
    "Error": "name!:filled message! code stack",
}
_RUN = "type!:filled lifecycle!:filled owner!:filled system:filled"
_SPECS: Mapping[str, str] = {
    "API": f"{_RUN} definition!:filled",
    "AiResource": _RUN,
    "Component": f"{_RUN} subcomponentOf:filled providesApis:*filled consumesApis:*filled "
    "dependsOn:*filled",
    "Domain": "owner!:filled subdomainOf:filled type:filled",
    "Group": "type!:filled profile:Profile parent:filled children!:*filled members:*filled",
    "Location": "type:filled target:filled targets:*filled presence",
    "Resource": "type!:filled owner!:filled dependsOn:*filled system:filled",
    "System": "owner!:filled domain:filled type:filled",
    "User": "profile:Profile memberOf!:*filled",
}
_PROFILE = "displayName:filled email:filled picture:filled"
_AI_RESOURCES: Mapping[str, str] = {  # what a type adds to the spec of AiResource
    "marketplace": "plugins!:*filled version:filled",
    "plugin": "skills!:*filled version:filled",
    "rule": "disciplines:*filled category!:filled rationale!:filled",
    "skill": "disciplines:*filled categories:*filled agents:*filled dependsOn:*filled "
    "allowedTools:filled license:filled compatibility:filled",
}
_VERSIONS_OF = {"AiResource": VERSIONS[:1]}

KINDS = (*sorted(_SPECS), "Template")


@cache
def schema_check(kind: str, spec_type: str) -> SchemaCheck:
    """The compiled schema of one of `KINDS`; `spec_type` is one of `spec_types(kind)`, or ""."""
    return SchemaCheck(schema(kind, spec_type))


def schema(kind: str, spec_type: str) -> dict[str, Any]:
    """The JSON Schema of one kind."""
    lists = {**_ENVELOPE, "Profile": _PROFILE, "Spec": _SPECS.get(kind, "")}
    definitions = {
        name: definition(fields, is_open=name not in _CLOSED)
        for name, fields in read_fields(lists).items()
    }
    definitions["Texts"] = {"type": "object", "additionalProperties": {"type": "string"}}
    definitions["Relation"]["properties"]["type"]["pattern"] = r"^\w+$"
    definitions["StatusItem"]["properties"]["level"]["enum"] = ["info", "warning", "error"]
    root = definitions.pop("Entity")
    root["properties"]["kind"] = {"enum": [kind]}
    if kind in _SPECS:
        root["properties"]["apiVersion"] = {"enum": list(_VERSIONS_OF.get(kind, VERSIONS))}
        root["properties"]["spec"] = {"$ref": "#/$defs/Spec"}
        root["required"].append("spec")
    _specialise(definitions["Spec"], kind, spec_type)
    return {**root, "$defs": definitions}


def spec_types(kind: str) -> tuple[str, ...]:
    """The types of a kind that ask for more than others."""
    return tuple(_AI_RESOURCES) if kind == "AiResource" else ()


def _specialise(spec: dict[str, Any], kind: str, spec_type: str) -> None:
    if kind == "Location":
        spec["properties"]["presence"] = {"enum": ["required", "optional"]}
    if kind == "AiResource" and spec_type:
        more = definition(read_fields({"": _AI_RESOURCES[spec_type]})[""], is_open=True)
        spec["properties"] |= more["properties"]
        spec["required"] = [*spec["required"], *more.get("required", ())]
        if spec_type == "skill":
            spec["properties"]["compatibility"] = {**kind_schema("filled"), "maxLength": 500}
