"""The normalised rows of contract versions, cut to what their columns hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Model
from psycopg.types.json import Jsonb

from catalog.contracts.formats import odcs
from catalog.contracts.models import (
    ContractVersion,
    QualityRule,
    SchemaObject,
    SchemaProperty,
    Sla,
)
from core.copying import copy_rows, insert_objects

Described = tuple[ContractVersion, odcs.ContractDoc]

PROPERTY_COLUMNS = (
    "object_id",
    "position",
    "required",
    "unique",
    "primary_key",
    "primary_key_position",
    "tags",
    "path",
    "name",
    "physical_name",
    "logical_type",
    "physical_type",
    "classification",
    "description",
)
RULE_COLUMNS = (
    "version_id",
    "pointer",
    "threshold",
    "arguments",
    "object_name",
    "property_path",
    "type",
    "metric",
    "operator",
    "unit",
    "dimension",
    "severity",
    "schedule",
    "query",
    "name",
    "description",
)
LEVEL_COLUMNS = ("version_id", "property", "value", "unit", "element")


def create_rows(described: Iterable[Described]) -> None:
    """Write objects, properties, rules and service levels of new or emptied versions.

    Cost: one INSERT and three COPY.
    """
    pairs = list(described)
    objects = [row for version, doc in pairs for row in _objects(version, doc)]
    insert_objects([row for row, _ in objects])
    copy_rows(
        SchemaProperty,
        PROPERTY_COLUMNS,
        (values for row, each in objects for values in _properties(row.pk, each)),
    )
    copy_rows(
        QualityRule,
        RULE_COLUMNS,
        (_rule(version.pk, each) for version, doc in pairs for each in doc.rules),
    )
    copy_rows(
        Sla,
        LEVEL_COLUMNS,
        (_level(version.pk, each) for version, doc in pairs for each in doc.service_levels),
    )


def fitted(model: type[Model], **values: Any) -> dict[str, Any]:
    """`values` with each text cut to its column; the document keeps the whole."""
    longest = _LONGEST[model]
    return {
        name: value[: longest[name]] if isinstance(value, str) else value
        for name, value in values.items()
    }


def _widths(model: type[Model]) -> dict[str, int | None]:
    return {field.name: getattr(field, "max_length", None) for field in model._meta.concrete_fields}


_LONGEST: dict[type[Model], dict[str, int | None]] = {
    model: _widths(model)
    for model in (ContractVersion, SchemaObject, SchemaProperty, QualityRule, Sla)
}


def _cut(model: type[Model], columns: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    longest = _LONGEST[model]
    return tuple(text[: longest[name]] for name, text in zip(columns, texts, strict=True))


def _objects(
    version: ContractVersion, doc: odcs.ContractDoc
) -> Iterator[tuple[SchemaObject, odcs.SchemaObject]]:
    described = {each.name: each for each in reversed(doc.objects)}  # the first of a name counts
    for at, each in enumerate(reversed(described.values())):
        row = SchemaObject(
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
        yield row, each


def _properties(object_id: int, described: odcs.SchemaObject) -> Iterator[tuple[Any, ...]]:
    first: dict[str, odcs.Property] = {}
    for each in described.all_properties():
        first.setdefault(each.path, each)
    for at, each in enumerate(first.values()):
        yield (
            object_id,
            at,
            each.required,
            each.unique,
            each.primary_key,
            each.primary_key_position,
            [tag[:200] for tag in each.tags],
            *_cut(
                SchemaProperty,
                PROPERTY_COLUMNS[7:],
                (
                    each.path,
                    each.name,
                    each.physical_name,
                    each.logical_type,
                    each.physical_type,
                    each.classification,
                    each.description,
                ),
            ),
        )


def _rule(version_id: int, each: odcs.QualityRule) -> tuple[Any, ...]:
    thresholds = list(each.thresholds)
    threshold = thresholds[0] if len(thresholds) == 1 else thresholds or None
    return (
        version_id,
        each.pointer[: _LONGEST[QualityRule]["pointer"]],
        None if threshold is None else Jsonb(threshold),
        Jsonb(dict(each.arguments)),
        *_cut(
            QualityRule,
            RULE_COLUMNS[4:],
            (
                each.object_name,
                each.property_path or "",
                each.type,
                each.metric,
                each.operator,
                each.unit,
                each.dimension,
                each.severity,
                each.schedule,
                each.query,
                each.name,
                each.description,
            ),
        ),
    )


def _level(version_id: int, each: odcs.ServiceLevel) -> tuple[Any, ...]:
    return (
        version_id,
        *_cut(
            Sla,
            LEVEL_COLUMNS[1:],
            (each.property, str(each.value), each.unit, each.element),
        ),
    )
