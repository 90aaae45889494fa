"""Checks that are due, in the shape that drivers measure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from catalog.quality.models import QualityCheck

DRIVER_OF_TECHNOLOGY = {"postgresql": "postgres", "postgres": "postgres"}


@dataclass(frozen=True)
class DueMeasurement:
    """Checks of one table of one port that are due together, in the shape of the verb `measure`."""

    port_id: UUID
    port_fqn: str
    instance_id: UUID
    driver: str
    spec: dict[str, Any]
    check_ids: tuple[int, ...]


def due(limit: int = 20) -> list[DueMeasurement]:
    """Up to `limit` tables with checks that are due, oldest first."""
    checks = (
        QualityCheck.objects.filter(active=True, runnable=True, due_at__lte=Now())
        .select_related("port__product")
        .order_by("due_at", "id")[: limit * 20]
    )
    by_table: dict[tuple[UUID, str], list[QualityCheck]] = defaultdict(list)
    for check in checks:
        by_table[check.port_id, check.definition["object"]].append(check)
    return [measurement(group) for group in list(by_table.values())[:limit]]


def measurement(checks: Sequence[QualityCheck]) -> DueMeasurement:
    """What a driver needs to measure `checks`, which are all of one table of one port."""
    port = checks[0].port
    table = port.location["tables"][checks[0].definition["object"]]
    columns = table.get("columns", {}) if isinstance(table, dict) else {}
    name = table["table"] if isinstance(table, dict) else table
    return DueMeasurement(
        port_id=port.pk,
        port_fqn=port.fqn,
        instance_id=UUID(port.location.get("instance") or str(port.product.instance_id)),
        driver=DRIVER_OF_TECHNOLOGY[port.technology],
        spec={
            "slug": port.location.get("slug", port.product.slug),
            "table": name,
            "rules": [_rule(check, columns) for check in checks],
        },
        check_ids=tuple(check.pk for check in checks),
    )


def _rule(check: QualityCheck, columns: dict[str, str]) -> dict[str, Any]:
    given = check.definition
    rule = {
        "id": str(check.pk),
        "operator": given["operator"],
        "threshold": given["threshold"],
        "unit": given["unit"],
    }
    if given["type"] == "sql":
        rule["query"] = given["query"]
    else:
        rule["metric"] = given["metric"]
        rule["arguments"] = given["arguments"]
    names = [given["property"]] if given["property"] else given["arguments"].get("properties", [])
    if names:
        rule["columns"] = [columns.get(name, name) for name in names]
    return rule
