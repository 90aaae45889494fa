"""What others ask about a contract version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Prefetch, Q

from catalog.contracts.models import ContractVersion, DataContract, SchemaObject, SchemaProperty

MAX_SHOWN = 2_000  # columns on one page


@dataclass(frozen=True)
class DescribedObject:
    """A table, view or topic with those of its columns that a page shows."""

    object: SchemaObject
    properties: list[SchemaProperty]


def tables_spec(version: ContractVersion) -> list[dict[str, Any]]:
    """The objects of a contract as drivers make tables from them; nested fields stay inside.

    Cost: two SQL statements.
    """
    return [
        {
            "name": each.name,
            "description": each.description,
            "properties": [_column(column) for column in each.properties.all()],
        }
        for each in objects(version)
        if each.properties.all()
    ]


def objects(version: ContractVersion) -> list[SchemaObject]:
    """The described objects with their own columns (no nested fields), both in order."""
    own = SchemaProperty.objects.filter(path=F("name")).order_by("position")
    described = version.objects_described.order_by("position")
    return list(described.prefetch_related(Prefetch("properties", queryset=own)))


def columns(version: ContractVersion) -> list[SchemaProperty]:
    """Every property at any depth, object by object."""
    found = SchemaProperty.objects.filter(object__version=version).select_related("object")
    return list(found.order_by("object__position", "position"))


def versions(contract: DataContract) -> list[ContractVersion]:
    """All versions, the newest first, without their documents."""
    return list(contract.versions.defer("text", "document").order_by("-id"))


def described(version_ids: Sequence[int], *, text: str = "") -> dict[int, list[DescribedObject]]:
    """`{version id: its objects}`; with `text` only the columns that hold it. Two SQL statements.

    At most `MAX_SHOWN` columns; an object without a hit is left out.
    """
    columns = SchemaProperty.objects.filter(object__version__in=version_ids)
    if text:
        columns = columns.filter(
            Q(path__icontains=text)
            | Q(description__icontains=text)
            | Q(classification__icontains=text)
            | Q(logical_type__icontains=text)
            | Q(physical_type__icontains=text)
        )
    by_object: dict[int, list[SchemaProperty]] = {}
    for column in columns.order_by("object__version", "object__position", "position")[:MAX_SHOWN]:
        by_object.setdefault(column.object_id, []).append(column)
    found: dict[int, list[DescribedObject]] = {version_id: [] for version_id in version_ids}
    for each in SchemaObject.objects.filter(version__in=version_ids).order_by("position"):
        if each.pk in by_object or not text:
            found[each.version_id].append(DescribedObject(each, by_object.get(each.pk, [])))
    return found


def _column(each: SchemaProperty) -> dict[str, Any]:
    return {
        "name": each.name,
        "description": each.description,
        "logical_type": each.logical_type,
        "physical_type": each.physical_type,
        "required": each.required,
        "unique": each.unique,
        "primary_key": each.primary_key,
    }
