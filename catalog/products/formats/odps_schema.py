"""Our own JSON Schemas of ODPS (Bitol), written as field lists; one per version.

The newest version stands here, older ones as differences from it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from core.field_lists import Definitions, definition, kind_schema, read_fields
from core.schema_checks import SchemaCheck

LATEST = "v1.1.0"
VERSIONS = ("v1.1.0", "v1.0.0", "v0.9.0")

_MORE = "tags:*text customProperties:*CustomProperty authoritativeDefinitions:*Link"
_SINCE_1_1 = "deprecated:flag id"

_FIELDS_OF_1_1: Mapping[str, str] = {
    "DataProduct": "apiVersion! kind! id! name deprecated:flag synonyms:*Synonym version status "
    "domain type context:Context tenant description:Description inputPorts:*InputPort "
    "outputPorts:*OutputPort managementPorts:*ManagementPort support:*Support team:Team "
    f"productCreatedTs {_MORE}",
    "Description": "purpose limitations usage authoritativeDefinitions:*Link "
    "customProperties:*CustomProperty",
    "CustomProperty": "id property! value!:any description vendor",
    "Synonym": "id synonym! description locale source status customProperties:*CustomProperty",
    "Link": "id type! url! description",
    "InputPort": f"{_SINCE_1_1} name! version contractId {_MORE}",
    "OutputPort": f"{_SINCE_1_1} name! description type version contractId sbom:*Sbom "
    f"inputContracts:*InputContract synonyms:*Synonym context:Context {_MORE}",
    "Sbom": f"id type url {_MORE}",
    "InputContract": "id! version!",
    "ManagementPort": f"{_SINCE_1_1} name! content! type url channel description {_MORE}",
    "Support": f"id channel! url! description tool scope invitationUrl {_MORE}",
    "Team": f"name description members:*Member {_MORE}",
    "Member": "id username! name description role dateIn dateOut replacedByUsername " + _MORE,
    "Context": "instructions verifiedStatements:*Statement constraints:*Constraint",
    "Statement": f"id question! answer {_MORE}",
    "Constraint": f"id constraint! {_MORE}",
}
_ONLY_SINCE_1_1: Mapping[str, str] = {
    "DataProduct": "deprecated synonyms type context",
    "CustomProperty": "id vendor",
    "Link": "id",
    "InputPort": "deprecated id",
    "OutputPort": "deprecated id synonyms context",
    "Sbom": "id tags customProperties authoritativeDefinitions",
    "ManagementPort": "deprecated id",
    "Support": "id",
    "Member": "id",
}
_REQUIRED_BEFORE_1_1: Mapping[str, str] = {
    "DataProduct": "status",
    "InputPort": "version contractId",
    "OutputPort": "version",
    "Sbom": "url",
}
_LINK_TYPES_OF_0_9 = (
    "businessDefinition",
    "transformationImplementation",
    "videoTutorial",
    "tutorial",
    "implementation",
)


@cache
def schema_check(version: str) -> SchemaCheck:
    """The compiled schema of one of `VERSIONS`."""
    return SchemaCheck(schema(version))


@cache
def schema(version: str) -> dict[str, Any]:
    """The JSON Schema of one of `VERSIONS`; shared, do not change it."""
    fields = read_fields(_FIELDS_OF_1_1)
    if version != LATEST:
        _as_1_0(fields)
    if version == "v0.9.0":
        _as_0_9(fields)
    definitions = {name: definition(each) for name, each in fields.items()}
    root = definitions.pop("DataProduct")
    known = VERSIONS[VERSIONS.index(version) :]
    root["properties"]["apiVersion"]["enum"] = list(known)
    root["properties"]["kind"]["enum"] = ["DataProduct"]
    if version == "v0.9.0":
        root["properties"]["team"] = kind_schema("*Member")
        definitions["Link"]["properties"]["type"]["enum"] = list(_LINK_TYPES_OF_0_9)
    return {**root, "$defs": definitions}


def _as_1_0(fields: Definitions) -> None:
    for name, gone in _ONLY_SINCE_1_1.items():
        for field in gone.split():
            del fields[name][field]
    for name, required in _REQUIRED_BEFORE_1_1.items():
        for field in required.split():
            fields[name][f"{field}!"] = fields[name].pop(field)


def _as_0_9(fields: Definitions) -> None:
    for port in ("InputPort", "OutputPort"):
        for field in ("tags", "customProperties", "authoritativeDefinitions"):
            del fields[port][field]
    fields["Member"]["username"] = fields["Member"].pop("username!")
