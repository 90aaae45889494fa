"""DPDS 1.0.0, the data product descriptor of Open Data Mesh: validate and parse."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from catalog.products.formats.odps_parse import InputPort, OutputPort, ProductDoc, major_of
from core.descriptors import Node, Verdict, duplicate_keys, in_order, text_of, texts_of
from core.documents import Document, unsafe_character
from core.field_lists import definition, read_fields
from core.problems import Problem, bounded, has_errors, shown
from core.schema_checks import SchemaCheck

__all__ = ["KIND", "is_descriptor", "parse", "schema", "validate"]

KIND = "DataProductDescriptor"
LATEST = "1.0.0"

_PORT_LISTS = ("inputPorts", "outputPorts", "discoveryPorts", "observabilityPorts", "controlPorts")
_ENTITY = (
    "id fullyQualifiedName entityType name! version! displayName description componentGroup "
    "tags:*text externalDocs:External"
)
_DEFINED = f"{_ENTITY} specification! specificationVersion definition!:mapping|text"
_PORT = f"{_ENTITY} promises:Promises? expectations:Expectations? obligations:Obligations?"
_COMPONENT = f"{_ENTITY} platform dependsOn:*text"
_FIELDS: Mapping[str, str] = {
    "Descriptor": "dataProductDescriptor! info!:Info interfaceComponents!:Interface "
    "internalComponents:Internal components:Components tags:*text externalDocs:External",
    "Info": "id fullyQualifiedName! entityType name! version! displayName description domain! "
    "owner!:Owner contactPoints:*Contact",
    "Owner": "id! name",
    "Contact": "name description channel address",
    "Port": _PORT,
    "Promises": "platform servicesType api:Defined deprecationPolicy:Defined slo:Defined",
    "Expectations": "audience:Defined usage:Defined",
    "Obligations": "termsAndConditions:Defined billingPolicy:Defined sla:Defined",
    "Defined": _DEFINED,
    "Application": f"{_COMPONENT} applicationType consumesFrom:*text providesTo:*text",
    "Infrastructure": f"{_COMPONENT} infrastructureType",
    "Task": "name order:number service:External template:Defined? configurations:mapping",
    "External": "description mediaType $href!",
    "Reference": "$ref! mediaType description",
}
_KEYED = (*_PORT_LISTS, "applicationComponents", "infrastructuralComponents")


@cache
def schema_check() -> SchemaCheck:
    """The compiled schema."""
    return SchemaCheck(schema())


def schema() -> dict[str, Any]:
    """Our own JSON Schema; mappings are open, a kind with `?` may be a reference instead."""
    definitions = {
        name: _with_references(definition(fields, is_open=True))
        for name, fields in read_fields(
            {name: text.replace("?", "_or_reference") for name, text in _FIELDS.items()}
        ).items()
    }
    ports = {name: {"type": "array", "items": _choice("Port")} for name in _PORT_LISTS}
    parts = {"applicationComponents": "Application", "infrastructuralComponents": "Infrastructure"}
    definitions["Interface"] = {**_mapping(ports), "required": ["outputPorts"]}
    definitions["Internal"] = _mapping(
        {
            "lifecycleInfo": _each({"type": "array", "items": {"$ref": "#/$defs/Task"}}),
            **{name: {"type": "array", "items": _choice(kind)} for name, kind in parts.items()},
        }
    )
    definitions["Components"] = _mapping(
        {name: _each(_choice(parts.get(name, "Port"))) for name in _KEYED}
    )
    root = definitions.pop("Descriptor")
    return {**root, "$defs": definitions}


def _with_references(node: dict[str, Any]) -> dict[str, Any]:
    for name, rule in node["properties"].items():
        kind = str(rule.get("$ref", "")).removeprefix("#/$defs/")
        if kind.endswith("_or_reference"):
            node["properties"][name] = _choice(kind.removesuffix("_or_reference"))
    return node


def _choice(kind: str) -> dict[str, Any]:
    """A reference, or the thing itself; never both at once."""
    return {"oneOf": [{"$ref": "#/$defs/Reference"}, {"$ref": f"#/$defs/{kind}"}]}


def _mapping(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _each(rule: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": rule}


def is_descriptor(data: Any) -> bool:
    """Whether the document has the field that begins every descriptor of this standard."""
    return isinstance(data, Mapping) and "dataProductDescriptor" in data


def validate(document: Document) -> Verdict:
    """Judge a descriptor by version 1.0.0, the only one there is."""
    if document.problems:
        return Verdict(False, document.problems, None, None, LATEST)
    data = document.data
    problems = [*duplicate_keys(document), *schema_check().problems(document)]
    if not has_errors(problems):
        problems += bounded(_rule_problems(data))
    declared = text_of(data, "dataProductDescriptor") or None
    valid = not has_errors(problems)
    return Verdict(valid, in_order(problems, document), declared, valid, LATEST)


def _rule_problems(data: Node) -> Iterator[Problem]:
    for field in ("fullyQualifiedName", "name", "version"):
        value = text_of(data["info"], field)
        if not value.strip():
            yield Problem(f"/info/{field}", "empty-value", f"Fill in `{field}`; it is empty.")
        unsafe = unsafe_character(value)
        if unsafe:
            message = f"Remove the invisible character {unsafe} from `{field}`."
            yield Problem(f"/info/{field}", "unsafe-name", message)
    first: dict[tuple[str, int], int] = {}
    for at, port in _ports(data, "outputPorts"):
        key = (text_of(port, "name").strip(), major_of(text_of(port, "version")))
        earlier = first.setdefault(key, at)
        if earlier != at:
            message = (
                f"Port {earlier + 1} is also called {shown(key[0])} with major version {key[1]}; "
                "rename one or raise its version."
            )
            yield Problem(f"/interfaceComponents/outputPorts/{at}", "port-major-clash", message)
    yield from _not_read(data)


def _not_read(data: Node) -> Iterator[Problem]:
    for name in ("inputPorts", "outputPorts"):
        for at, port in enumerate(data["interfaceComponents"].get(name) or ()):
            if "$ref" in port:
                message = (
                    f"`{shown(port['$ref'])}` is in another file, which is not fetched; "
                    "write the port out, or the portal does not know it."
                )
                pointer = f"/interfaceComponents/{name}/{at}"
                yield Problem(pointer, "reference-not-read", message, "warning")


def _ports(data: Node, name: str) -> Iterator[tuple[int, Node]]:
    """The ports that are written out, with their place in the list."""
    for at, port in enumerate(data["interfaceComponents"].get(name) or ()):
        if "$ref" not in port:
            yield at, port


def parse(data: Node) -> ProductDoc:
    """Read a descriptor that `validate` found valid, as a product."""
    info = data["info"]
    return ProductDoc(
        document_id=text_of(info, "fullyQualifiedName"),
        api_version=text_of(data, "dataProductDescriptor"),
        name=text_of(info, "displayName") or text_of(info, "name"),
        version=text_of(info, "version"),
        status="",
        domain=text_of(info, "domain"),
        tenant="",
        archetype="",
        team=text_of(info["owner"], "name") or text_of(info["owner"], "id"),
        purpose=text_of(info, "description"),
        usage="",
        limitations="",
        tags=texts_of(data, "tags"),
        input_ports=tuple(
            InputPort(
                name=text_of(port, "name"),
                version=text_of(port, "version"),
                tags=texts_of(port, "tags"),
                pointer=f"/interfaceComponents/inputPorts/{at}",
            )
            for at, port in _ports(data, "inputPorts")
        ),
        output_ports=tuple(_output_port(at, port) for at, port in _ports(data, "outputPorts")),
        custom_properties={},
        links=tuple(_links(data)),
    )


def _output_port(at: int, port: Node) -> OutputPort:
    promises = port.get("promises") or {}
    return OutputPort(
        name=text_of(port, "name"),
        version=text_of(port, "version"),
        type=text_of(promises, "platform"),
        description=text_of(port, "description"),
        contract_id=_contract_id(promises),
        tags=texts_of(port, "tags"),
        custom_properties={},
        pointer=f"/interfaceComponents/outputPorts/{at}",
    )


def contracts(data: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    """Data contracts that output ports promise as their API, with their pointers."""
    for at, port in _ports(data, "outputPorts"):
        found = _contract(port.get("promises") or {})
        if found is not None:
            pointer = f"/interfaceComponents/outputPorts/{at}/promises/api/definition"
            yield pointer, found


def _contract(promises: Node) -> dict[str, Any] | None:
    """An ODCS contract written out as the definition of the API; other APIs are none."""
    api = promises.get("api")
    content = api.get("definition") if isinstance(api, Mapping) else None
    is_contract = isinstance(content, dict) and content.get("kind") == "DataContract"
    return content if is_contract else None


def _contract_id(promises: Node) -> str:
    return text_of(_contract(promises) or {}, "id")


def _links(data: Node) -> Iterator[tuple[str, str, str]]:
    for place in (data, *(port for _, port in _ports(data, "outputPorts"))):
        external = place.get("externalDocs")
        if isinstance(external, Mapping):
            yield "documentation", text_of(external, "description"), text_of(external, "$href")
