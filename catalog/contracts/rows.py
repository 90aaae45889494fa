"""The normalised rows of a contract version, cut to what their columns hold."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from catalog.contracts.formats import odcs
from catalog.contracts.models import (
    ContractVersion,
    QualityRule,
    SchemaObject,
    SchemaProperty,
    Sla,
)


def create_rows(version: ContractVersion, doc: odcs.ContractDoc) -> None:
    """Write objects, properties, rules and service levels. Cost: four statements."""
    described = {each.name: each for each in reversed(doc.objects)}  # the first of a name counts
    objects = SchemaObject.objects.bulk_create(
        [_object(version, at, each) for at, each in enumerate(reversed(described.values()))]
    )
    SchemaProperty.objects.bulk_create(
        [row for each in objects for row in _properties(each, described[each.name])],
        batch_size=2_000,
    )
    QualityRule.objects.bulk_create([_rule(version, each) for each in doc.rules])
    Sla.objects.bulk_create([_level(version, each) for each in doc.service_levels])


def fitted(model: type[Model], **values: Any) -> dict[str, Any]:
    """`values` with each text cut to its column; the document keeps the whole."""
    return {
        name: value[: getattr(model._meta.get_field(name), "max_length", None)]
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }


def _object(version: ContractVersion, at: int, each: odcs.SchemaObject) -> SchemaObject:
    return SchemaObject(
        version=version,
        position=at,
        **fitted(
            SchemaObject,
            name=each.name,
            physical_name=each.physical_name,
            physical_type=each.physical_type,
            description=each.description,
        ),
    )


def _properties(row: SchemaObject, described: odcs.SchemaObject) -> list[SchemaProperty]:
    first = {each.path: each for each in reversed(list(described.all_properties()))}
    return [_property(row, at, each) for at, each in enumerate(reversed(first.values()))]


def _property(row: SchemaObject, at: int, each: odcs.Property) -> SchemaProperty:
    return SchemaProperty(
        object=row,
        position=at,
        required=each.required,
        unique=each.unique,
        primary_key=each.primary_key,
        primary_key_position=each.primary_key_position,
        tags=[tag[:200] for tag in each.tags],
        **fitted(
            SchemaProperty,
            path=each.path,
            name=each.name,
            physical_name=each.physical_name,
            logical_type=each.logical_type,
            physical_type=each.physical_type,
            classification=each.classification,
            description=each.description,
        ),
    )


def _rule(version: ContractVersion, each: odcs.QualityRule) -> QualityRule:
    thresholds = list(each.thresholds)
    return QualityRule(
        version=version,
        pointer=each.pointer,
        threshold=thresholds[0] if len(thresholds) == 1 else thresholds or None,
        arguments=dict(each.arguments),
        **fitted(
            QualityRule,
            object_name=each.object_name,
            property_path=each.property_path or "",
            type=each.type,
            metric=each.metric,
            operator=each.operator,
            unit=each.unit,
            dimension=each.dimension,
            severity=each.severity,
            schedule=each.schedule,
            query=each.query,
            name=each.name,
            description=each.description,
        ),
    )


def _level(version: ContractVersion, each: odcs.ServiceLevel) -> Sla:
    return Sla(
        version=version,
        **fitted(
            Sla,
            property=each.property,
            value=str(each.value),
            unit=each.unit,
            element=each.element,
        ),
    )
