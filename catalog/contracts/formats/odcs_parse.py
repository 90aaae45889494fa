"""A valid ODCS document to the plain records that the portal works with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from catalog.contracts.formats.odcs_walk import Node, Place, rules

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
        document_id=_text(data, "id"),
        version=_text(data, "version"),
        api_version=_text(data, "apiVersion"),
        status=_text(data, "status"),
        name=_text(data, "name"),
        domain=_text(data, "domain"),
        tenant=_text(data, "tenant"),
        team=_team(data.get("team")),
        data_product=_text(data, "dataProduct"),
        description=_description(data.get("description")),
        tags=_texts(data, "tags"),
        objects=tuple(_object(at, node) for at, node in enumerate(data.get("schema") or ())),
        rules=tuple(_rule(pointer, place, node) for pointer, place, node in rules(data)),
        service_levels=tuple(_level(node) for node in data.get("slaProperties") or ()),
        servers=tuple(_server(node) for node in data.get("servers") or ()),
        custom_properties=custom_properties(data),
    )


def custom_properties(node: Node) -> Mapping[str, Any]:
    """`customProperties` as one mapping."""
    entries = node.get("customProperties") or ()
    return {str(each["property"]): each.get("value") for each in entries if "property" in each}


def _object(at: int, node: Node) -> SchemaObject:
    pointer = f"/schema/{at}"
    return SchemaObject(
        name=_text(node, "name"),
        pointer=pointer,
        physical_name=_text(node, "physicalName"),
        physical_type=_text(node, "physicalType"),
        logical_type=_text(node, "logicalType") or "object",
        description=_text(node, "description"),
        business_name=_text(node, "businessName"),
        tags=_texts(node, "tags"),
        properties=tuple(_properties(node, pointer, "")),
    )


def _properties(node: Node, pointer: str, prefix: str) -> Iterator[Property]:
    for at, child in enumerate(node.get("properties") or ()):
        yield _property(child, f"{pointer}/properties/{at}", prefix)


def _property(node: Node, pointer: str, prefix: str) -> Property:
    path = prefix + _text(node, "name")
    return Property(
        name=_text(node, "name"),
        path=path,
        pointer=pointer,
        logical_type=_text(node, "logicalType"),
        physical_type=_text(node, "physicalType"),
        physical_name=_text(node, "physicalName"),
        description=_text(node, "description"),
        business_name=_text(node, "businessName"),
        classification=_text(node, "classification"),
        required=node.get("required") is True,
        unique=node.get("unique") is True,
        primary_key=node.get("primaryKey") is True,
        primary_key_position=int(node.get("primaryKeyPosition", -1)),
        critical=node.get("criticalDataElement") is True,
        tags=_texts(node, "tags"),
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
    metric = _text(node, "metric") or _text(node, "rule")
    operator = next((name for name in OPERATORS if name in node), "")
    threshold = node.get(operator)
    return QualityRule(
        pointer=pointer,
        object_name=place.object_name,
        property_path=place.path,
        type=_text(node, "type") or "library",
        name=_text(node, "name"),
        description=_text(node, "description"),
        metric=metric,
        dimension=_text(node, "dimension") or DIMENSIONS.get(metric, ""),
        operator=operator,
        thresholds=_thresholds(operator, threshold),
        unit=_text(node, "unit"),
        severity=_text(node, "severity"),
        schedule=_text(node, "schedule"),
        scheduler=_text(node, "scheduler"),
        query=_text(node, "query"),
        engine=_text(node, "engine"),
        implementation=node.get("implementation"),
        arguments=dict(node.get("arguments") or {}),
    )


def _thresholds(operator: str, threshold: Any) -> tuple[Any, ...]:
    if not operator:
        return ()
    return tuple(threshold) if operator.endswith("Between") else (threshold,)


def _level(node: Node) -> ServiceLevel:
    return ServiceLevel(
        property=_text(node, "property"),
        value=node.get("value"),
        value_ext=node.get("valueExt"),
        unit=_text(node, "unit"),
        element=_text(node, "element"),
        driver=_text(node, "driver"),
        description=_text(node, "description"),
    )


_SERVER_FIELDS = frozenset("id server type environment description roles customProperties".split())


def _server(node: Node) -> Server:
    return Server(
        name=_text(node, "server"),
        type=_text(node, "type"),
        environment=_text(node, "environment"),
        description=_text(node, "description"),
        attributes={name: value for name, value in node.items() if name not in _SERVER_FIELDS},
    )


def _team(team: Any) -> str:
    """The name of a team; a bare list of members (3.0.x) has none."""
    return _text(team, "name") if isinstance(team, Mapping) else ""


def _description(node: Any) -> Description:
    if not isinstance(node, Mapping):
        return Description(str(node or ""), "", "")
    return Description(_text(node, "purpose"), _text(node, "usage"), _text(node, "limitations"))


def _flattened(found: Sequence[Property]) -> Iterator[Property]:
    for each in found:
        yield each
        yield from _flattened(each.properties)


def _text(node: Node, field: str) -> str:
    value = node.get(field)
    return "" if value is None else str(value)


def _texts(node: Node, field: str) -> tuple[str, ...]:
    return tuple(str(each) for each in node.get(field) or ())
