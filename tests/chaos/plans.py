"""What each driver is asked to do in these tests; a new driver joins by a line in `PLANS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Team
from core.documents import dump_yaml
from provisioning.jobs.services import StepSpec
from tests.factories.documents import contract_data

Steps = list[StepSpec]


@dataclass(frozen=True)
class Plan:
    """Steps for a new instance, the same with a change, and one that its target refuses."""

    driver: str
    steps: Callable[[UUID, Team], Steps]
    changed: Callable[[UUID, Team], Steps]
    refused: Callable[[UUID, Team], StepSpec]
    name: str = ""  # where it is not the driver's

    def __str__(self) -> str:
        return self.name or self.driver


def _postgres(*columns: str) -> Callable[[UUID, Team], Steps]:
    properties = [{"name": name, "logical_type": "string"} for name in columns]
    rows = {"orders": [{"id": "1"}, {"id": "2"}]}
    objects = [{"name": "orders", "properties": properties}]

    def steps(instance: UUID, team: Team) -> Steps:
        slug = {"slug": "orders"}
        return [
            StepSpec("Schema", "postgres", "schema", slug),
            StepSpec("Tables", "postgres", "tables", {**slug, "objects": objects}),
            StepSpec("Roles", "postgres", "roles", slug),
            StepSpec("Sample", "postgres", "sample", {**slug, "rows": rows}),
        ]

    return steps


def _postgres_refused(instance: UUID, team: Team) -> StepSpec:
    return StepSpec("Grant", "postgres", "grant", {"schema": "dp_nowhere", "tables": ["t"]})


def _catalog(purpose: str) -> Callable[[UUID, Team], Steps]:
    def steps(instance: UUID, team: Team) -> Steps:
        place = {"domain": team.domain.path if team.domain else "", "team": team.slug}
        contract, slug = f"c-{instance.hex}", f"p-{instance.hex}"
        port = {"name": "table", "version": "1.0.0", "contract_id": contract}
        product = {
            **place,
            "slug": slug,
            "document_id": str(instance),
            "name": f"Orders {instance}",
            "purpose": purpose,
            "ports": [{**port, "contract_version": "1.0.0"}],
        }
        named = {**place, "slug": slug, "document_id": str(instance)}
        text = dump_yaml(contract_data(id=contract))
        return [
            StepSpec("Check", "catalog", "check", named),
            StepSpec("Contract", "catalog", "contract", {**place, "text": text}),
            StepSpec("Product", "catalog", "product", product),
            StepSpec("Checks", "catalog", "checks", {}),
        ]

    return steps


def _catalog_refused(instance: UUID, team: Team) -> StepSpec:
    nowhere = {"domain": "nowhere", "team": team.slug, "slug": "x", "document_id": "x"}
    return StepSpec("Check", "catalog", "check", nowhere)


def _shelf(value: int) -> Callable[[UUID, Team], Steps]:
    def steps(instance: UUID, team: Team) -> Steps:
        return [
            StepSpec("Put a", "shelf", "put", {"name": "a", "value": value}),
            StepSpec("Put b", "shelf", "put", {"name": "b", "value": value, "pending": 2}),
        ]

    return steps


def _shelf_refused(instance: UUID, team: Team) -> StepSpec:
    return StepSpec("Put c", "shelf", "refuse", {"name": "c"})


PLANS = (
    Plan("postgres", _postgres("id", "at"), _postgres("id", "at", "city"), _postgres_refused),
    Plan("catalog", _catalog("All orders"), _catalog("All orders of a day"), _catalog_refused),
    Plan("shelf", _shelf(1), _shelf(2), _shelf_refused),
)
