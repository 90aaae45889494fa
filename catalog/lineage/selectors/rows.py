"""Nodes from ids: names, products, owners and what is known of columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import OuterRef

from accounts.actors import Actor
from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.lineage.models import Column, Dataset
from catalog.lineage.selectors.shapes import Node
from catalog.lineage.states import Level
from catalog.products.models import DataProduct, System
from catalog.search.extensions import product_mark

DATASET_SHOWS = (
    *("port__product__domain", "port__product__owner"),
    *("system_port__system__domain", "system_port__system__owner"),
)
MAX_PROPERTIES = 20_000


def nodes_of(actor: Actor, level: str, distances: Mapping[Any, int]) -> dict[Any, Node]:
    """`{id: node}` of those that the actor may see, in the order of `distances`.

    Cost: one SQL statement; two for columns.
    """
    if not distances:
        return {}
    if level == Level.PRODUCT:
        products = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
        products = products.annotate(incident=product_mark(pk=OuterRef("pk")))
        return _made(products.in_bulk(list(distances)), distances, product_node)
    if level == Level.DATASET:
        datasets = Dataset.objects.visible_to(actor).with_team().select_related(*DATASET_SHOWS)
        datasets = datasets.annotate(incident=product_mark(pk=OuterRef("port__product_id")))
        return _made(datasets.in_bulk(list(distances)), distances, dataset_node)
    columns = Column.objects.visible_to(actor).select_related(
        *(f"dataset__{name}" for name in DATASET_SHOWS)
    )
    return with_types(_made(columns.in_bulk(list(distances)), distances, column_node))


def _made(rows: Mapping[Any, Any], distances: Mapping[Any, int], make: Any) -> dict[Any, Node]:
    return {pk: make(rows[pk], distance) for pk, distance in distances.items() if pk in rows}


def product_node(product: DataProduct, distance: int) -> Node:
    """A product as a node."""
    node_id = f"product:{product.fqn}"
    return Node(node_id, "product", product.name, distance, product, incident=_incident(product))


def dataset_node(dataset: Any, distance: int) -> Node:
    """A dataset as a node; read with DATASET_SHOWS and `with_team`."""
    product = dataset.port.product if dataset.port else None
    return Node(
        dataset.node_id,
        "dataset",
        dataset.name,
        distance,
        product,
        dataset,
        system_of(dataset),
        verified=dataset.namespace_team_id is not None,
        incident=_incident(dataset),
    )


def system_of(dataset: Dataset) -> System | None:
    """The system behind whose interface a dataset stands that no product offers."""
    port = dataset.system_port if dataset.port is None else None
    return port.system if port else None


def _incident(row: DataProduct | Dataset) -> str:
    """As `nodes_of` reads it; elsewhere nobody asks for it."""
    return getattr(row, "incident", None) or ""


def column_node(column: Column, distance: int) -> Node:
    """A column as a node; read with DATASET_SHOWS of its dataset."""
    of = column.dataset
    product = of.port.product if of.port else None
    node_id = f"column:{of.namespace}:{of.name}#{column.name}"
    system = system_of(of)
    return Node(node_id, "column", column.name, distance, product, of, system, column=column)


def system_node(system: System, distance: int) -> Node:
    """An operational system as a node."""
    return Node(f"system:{system.fqn}", "system", system.name, distance, system=system)


def with_types(nodes: Mapping[Any, Node]) -> dict[Any, Node]:
    """Columns with their type as lineage says it, else as the contract of their port does, and
    with the class that the contract gives them. One SQL statement.
    """
    described = _described(node.column for node in nodes.values() if node.column)
    found = {}
    for pk, node in nodes.items():
        reported = _reported_type(node)
        contract_type, classification = described.get(pk, ("", ""))
        found[pk] = replace(
            node, data_type=reported or contract_type, classification=classification
        )
    return found


def _reported_type(node: Node) -> str:
    fields = node.dataset.fields if node.dataset else []
    return next((str(each.get("type") or "") for each in fields if _is_named(each, node)), "")


def _is_named(field: Any, node: Node) -> bool:
    return isinstance(field, dict) and field.get("name") == node.name


def _described(columns: Iterable[Column]) -> dict[int, tuple[str, str]]:
    """`{column: (type, class)}` of those that the contract of their port describes."""
    asked: dict[tuple[int, str], list[Column]] = defaultdict(list)
    for column in columns:
        port = column.dataset.port
        if port and port.contract_version_id:
            asked[port.contract_version_id, column.name.lower()].append(column)
    if not asked:
        return {}
    versions = {version for version, _ in asked}
    names = {column.name for group in asked.values() for column in group}
    rows = SchemaProperty.objects.filter(object__version__in=versions, path__in=_cases(names))
    shown = rows.select_related("object").order_by("object", "position")[:MAX_PROPERTIES]
    found: dict[int, tuple[str, str]] = {}
    for each in shown:
        for column in asked.get((each.object.version_id, each.path.lower()), ()):
            if _table(column.dataset.name) in map(_table, _names(each.object)):
                found[column.pk] = (each.physical_type or each.logical_type, each.classification)
    return found


def _names(described: SchemaObject) -> tuple[str, str]:
    return described.name, described.physical_name


def _table(name: str) -> str:
    """The last part of a name with dots."""
    return name.rsplit(".", 1)[-1].lower()


def _cases(names: Collection[str]) -> list[str]:
    return sorted({form for name in names for form in (name, name.lower(), name.upper())})
