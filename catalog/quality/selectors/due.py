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
MOST_RULES = 500  # of one measurement
LOOKED_AT = 20  # due checks for each table that is asked for


@dataclass(frozen=True)
class DueMeasurement:
    """Checks of one table of one port that are due together, in the shape of the verb `measure`."""

    port_id: UUID
    port_fqn: str
    owner_id: int  # the team whose product it is
    instance_id: UUID
    driver: str
    spec: dict[str, Any]
    check_ids: tuple[int, ...]


def due(limit: int = 20) -> list[DueMeasurement]:
    """Up to `limit` measurements of tables with checks that are due, oldest first.

    All due checks of a table come together, so that they can share a pass over it. Two statements.
    """
    checks = QualityCheck.objects.filter(active=True, runnable=True, due_at__lte=Now())
    oldest = checks.order_by("due_at", "id").values_list("port_id", "definition__object")
    tables = list(dict.fromkeys(oldest[: limit * LOOKED_AT]))[:limit]
    by_table: dict[tuple[UUID, str], list[QualityCheck]] = defaultdict(list)
    ports = {port_id for port_id, _ in tables}
    for check in checks.filter(port__in=ports).select_related("port__product").order_by("id"):
        by_table[check.port_id, check.definition["object"]].append(check)
    parts = [
        by_table[table][at : at + MOST_RULES]
        for table in tables
        for at in range(0, len(by_table[table]), MOST_RULES)
    ]
    return [measurement(part) for part in parts[:limit]]


def measurement(checks: Sequence[QualityCheck]) -> DueMeasurement:
    """What a driver needs to measure `checks`, which are all of one table of one port."""
    port = checks[0].port
    return DueMeasurement(
        port_id=port.pk,
        port_fqn=port.fqn,
        owner_id=port.product.owner_id,
        instance_id=UUID(port.location.get("instance") or str(port.product.instance_id)),
        driver=DRIVER_OF_TECHNOLOGY[port.technology],
        spec={
            "slug": port.location.get("slug", port.product.slug),
            "table": table_of(checks[0]),
            "rules": [rule_of(check) for check in checks],
        },
        check_ids=tuple(check.pk for check in checks),
    )


def table_of(check: QualityCheck) -> str:
    """What the object of a runnable check is called in the port's place."""
    table = check.port.location["tables"][check.definition["object"]]
    return str(table["table"] if isinstance(table, dict) else table)


def rule_of(check: QualityCheck) -> dict[str, Any]:
    """A check as a driver takes it; columns by their names in the contract, the driver knows its
    own."""
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
    names = given.get("columns") or ([given["property"]] if given["property"] else [])
    names = names or given["arguments"].get("properties", [])
    return {**rule, "columns": names} if names else rule
