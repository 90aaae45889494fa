"""A valid ODCS document to the plain records that the portal works with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from catalog.contracts.formats.odcs_walk import Place, places, rules
from core.descriptors import Node, custom_properties, text_of, texts_of

OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)
DIMENSIONS: Mapping[str, str] = MappingProxyType(  # of a library metric that names none itself
    {
        "nullValues": "completeness",
        "missingValues": "completeness",
        "invalidValues": "conformity",
        "duplicateValues": "uniqueness",
        "rowCount": "coverage",
    }
)


@dataclass(frozen=True)
class Description:
    purpose: str
    usage: str
    limitations: str


@dataclass(frozen=True)
class Property:
    """A column or field. `path` is dotted from the object; list items have no step of their own."""

    name: str
    path: str
    pointer: str
    logical_type: str
    physical_type: str
    physical_name: str
    description: str
    business_name: str
    classification: str
    required: bool
    unique: bool
    primary_key: bool
    primary_key_position: int  # -1 where none is given
    critical: bool
    tags: tuple[str, ...]
    examples: tuple[Any, ...]
    enum: tuple[Any, ...]
    options: Mapping[str, Any]  # logicalTypeOptions as given
    properties: tuple["Property", ...]  # of an object, or of the elements of a list or map


@dataclass(frozen=True)
class SchemaObject:
    """A table, topic, file or other object that the contract describes."""

    name: str
    pointer: str
    physical_name: str
    physical_type: str
    logical_type: str
    description: str
    business_name: str
    tags: tuple[str, ...]
    properties: tuple[Property, ...]

    def all_properties(self) -> Iterator[Property]:
        """Every property at any depth, each before what is below it."""
        return _flattened(self.properties)


@dataclass(frozen=True)
class QualityRule:
    """One promise about the data. Thresholds: two for the Between operators, else one or none."""

    pointer: str
    object_name: str
    property_path: str | None  # None: about the object as a whole
    type: str  # library | sql | text | custom
    name: str
    description: str
    metric: str  # of a library rule, also from the older field `rule`; else ""
    dimension: str  # "" where neither the rule nor its metric says
    operator: str
    thresholds: tuple[Any, ...]
    unit: str
    severity: str
    schedule: str
    scheduler: str
    query: str
    engine: str
    implementation: Any
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class ServiceLevel:
    property: str
    value: Any
    value_ext: Any
    unit: str
    element: str
    driver: str
    description: str


@dataclass(frozen=True)
class Server:
    name: str
    type: str
    environment: str
    description: str
    attributes: Mapping[str, Any]  # what its type adds: host, database, schema, location, ...


@dataclass(frozen=True)
class ContractDoc:
    """What the portal knows of one version of a contract."""

    document_id: str
    version: str
    api_version: str
    status: str
    name: str
    domain: str
    tenant: str
    team: str
    data_product: str
    description: Description
    tags: tuple[str, ...]
    objects: tuple[SchemaObject, ...]
    rules: tuple[QualityRule, ...]
    service_levels: tuple[ServiceLevel, ...]
    servers: tuple[Server, ...]
    custom_properties: Mapping[str, Any]


def parse(data: Node) -> ContractDoc:
    """Read a document that `validate` found valid; absent texts are "", absent lists empty."""
    return ContractDoc(
        document_id=text_of(data, "id"),
        version=text_of(data, "version"),
        api_version=text_of(data, "apiVersion"),
        status=text_of(data, "status"),
        name=text_of(data, "name"),
        domain=text_of(data, "domain"),
        tenant=text_of(data, "tenant"),
        team=_team(data.get("team")),
        data_product=text_of(data, "dataProduct"),
        description=_description(data.get("description")),
        tags=texts_of(data, "tags"),
        objects=tuple(_object(at, node) for at, node in enumerate(data.get("schema") or ())),
        rules=tuple(_rule(pointer, place, node) for pointer, place, node in rules(places(data))),
        service_levels=tuple(_level(node) for node in data.get("slaProperties") or ()),
        servers=tuple(_server(node) for node in data.get("servers") or ()),
        custom_properties=custom_properties(data),
    )


def _object(at: int, node: Node) -> SchemaObject:
    pointer = f"/schema/{at}"
    return SchemaObject(
        name=text_of(node, "name"),
        pointer=pointer,
        physical_name=text_of(node, "physicalName"),
        physical_type=text_of(node, "physicalType"),
        logical_type=text_of(node, "logicalType") or "object",
        description=text_of(node, "description"),
        business_name=text_of(node, "businessName"),
        tags=texts_of(node, "tags"),
        properties=tuple(_properties(node, pointer, "")),
    )


def _properties(node: Node, pointer: str, prefix: str) -> Iterator[Property]:
    for at, child in enumerate(node.get("properties") or ()):
        yield _property(child, f"{pointer}/properties/{at}", prefix)


def _property(node: Node, pointer: str, prefix: str) -> Property:
    path = prefix + text_of(node, "name")
    return Property(
        name=text_of(node, "name"),
        path=path,
        pointer=pointer,
        logical_type=text_of(node, "logicalType"),
        physical_type=text_of(node, "physicalType"),
        physical_name=text_of(node, "physicalName"),
        description=text_of(node, "description"),
        business_name=text_of(node, "businessName"),
        classification=text_of(node, "classification"),
        required=node.get("required") is True,
        unique=node.get("unique") is True,
        primary_key=node.get("primaryKey") is True,
        primary_key_position=int(node.get("primaryKeyPosition", -1)),
        critical=node.get("criticalDataElement") is True,
        tags=texts_of(node, "tags"),
        examples=tuple(node.get("examples") or ()),
        enum=tuple(each.get("value") for each in node.get("enum") or ()),
        options=dict(node.get("logicalTypeOptions") or {}),
        properties=tuple(_inner(node, pointer, f"{path}.")),
    )


def _inner(node: Node, pointer: str, prefix: str) -> Iterator[Property]:
    """Properties of an object, and those of the elements of a list or map."""
    yield from _properties(node, pointer, prefix)
    pairs = node.get("map")
    elements = {"/items": node.get("items")}
    if isinstance(pairs, Mapping):
        elements |= {f"/map/{side}": pairs.get(side) for side in ("key", "value")}
    for step, element in elements.items():
        if isinstance(element, Mapping):
            yield from _inner(element, pointer + step, prefix)


def _rule(pointer: str, place: Place, node: Node) -> QualityRule:
    metric = text_of(node, "metric") or text_of(node, "rule")
    operator = next((name for name in OPERATORS if name in node), "")
    threshold = node.get(operator)
    return QualityRule(
        pointer=pointer,
        object_name=place.object_name,
        property_path=place.path,
        type=text_of(node, "type") or "library",
        name=text_of(node, "name"),
        description=text_of(node, "description"),
        metric=metric,
        dimension=text_of(node, "dimension") or DIMENSIONS.get(metric, ""),
        operator=operator,
        thresholds=_thresholds(operator, threshold),
        unit=text_of(node, "unit"),
        severity=text_of(node, "severity"),
        schedule=text_of(node, "schedule"),
        scheduler=text_of(node, "scheduler"),
        query=text_of(node, "query"),
        engine=text_of(node, "engine"),
        implementation=node.get("implementation"),
        arguments=dict(node.get("arguments") or {}),
    )


def _thresholds(operator: str, threshold: Any) -> tuple[Any, ...]:
    if not operator:
        return ()
    return tuple(threshold) if operator.endswith("Between") else (threshold,)


def _level(node: Node) -> ServiceLevel:
    return ServiceLevel(
        property=text_of(node, "property"),
        value=node.get("value"),
        value_ext=node.get("valueExt"),
        unit=text_of(node, "unit"),
        element=text_of(node, "element"),
        driver=text_of(node, "driver"),
        description=text_of(node, "description"),
    )


_SERVER_FIELDS = frozenset(
    ["id", "server", "type", "environment", "description", "roles", "customProperties"]
)


def _server(node: Node) -> Server:
    return Server(
        name=text_of(node, "server"),
        type=text_of(node, "type"),
        environment=text_of(node, "environment"),
        description=text_of(node, "description"),
        attributes={name: value for name, value in node.items() if name not in _SERVER_FIELDS},
    )


def _team(team: Any) -> str:
    """The name of a team; a bare list of members (3.0.x) has none."""
    return text_of(team, "name") if isinstance(team, Mapping) else ""


def _description(node: Any) -> Description:
    if not isinstance(node, Mapping):
        return Description(str(node or ""), "", "")
    return Description(
        text_of(node, "purpose"), text_of(node, "usage"), text_of(node, "limitations")
    )


def _flattened(found: Sequence[Property]) -> Iterator[Property]:
    for each in found:
        yield each
        yield from _flattened(each.properties)
