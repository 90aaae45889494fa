"""A product in the warehouse, made through the driver as a job would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from provisioning.drivers.postgres import PostgresDriver, naming
from provisioning.drivers.protocol import Measurement, Observed, Step


@dataclass
class Product:
    """Calls the driver with ever higher fences and keeps the log."""

    driver: PostgresDriver
    slug: str = "orders"
    id: UUID = field(default_factory=uuid4)
    fence: int = 0
    log: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def schema(self) -> str:
        return naming.schema_name(self.slug, self.id)

    def step(self, action: str, instance_id: UUID | None = None, **spec: Any) -> Step:
        owned = {} if instance_id else {"slug": self.slug}
        return Step(action, instance_id or self.id, {**owned, **spec}, self._keep)

    def ensure(self, action: str, instance_id: UUID | None = None, **spec: Any) -> Observed:
        self.fence += 1
        step = self.step(action, instance_id, **spec)
        return self.driver.ensure(step, effect_key=str(self.fence), fence=self.fence)

    def absent(self, action: str, instance_id: UUID | None = None, **spec: Any) -> Observed:
        self.fence += 1
        step = self.step(action, instance_id, **spec)
        return self.driver.ensure_absent(step, effect_key=str(self.fence), fence=self.fence)

    def tables(self, *objects: Mapping[str, Any]) -> Observed:
        return self.ensure("tables", objects=list(objects))

    def measure(self, table: str, *rules: Mapping[str, Any]) -> Measurement:
        return self.driver.measure(self.step("measure", table=table, rules=list(rules)))

    def _keep(self, level: str, source: str, text: str) -> None:
        self.log.append((level, source, text))


def table(name: str, *properties: Mapping[str, Any] | str) -> dict[str, Any]:
    """An object of a contract; a plain name is a string property."""
    return {
        "name": name,
        "properties": [
            {"name": each, "logical_type": "string"} if isinstance(each, str) else dict(each)
            for each in properties
        ],
    }


def column(name: str, logical_type: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "logical_type": logical_type, **more}


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
