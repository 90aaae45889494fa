"""What one action of the driver consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioning.drivers.postgres.session import Connection, Warehouse
from provisioning.drivers.protocol import Observed, PlannedEffect, Step


@dataclass(frozen=True)
class Context:
    """One step inside one transaction of its warehouse."""

    conn: Connection
    step: Step
    warehouse: Warehouse
    fence: int = 0

    def log(self, level: str, text: str) -> None:
        self.step.log(level, "postgres", text)


@dataclass(frozen=True)
class Action:
    plan: Callable[[Context], list[PlannedEffect]]
    observe: Callable[[Context], Observed]
    ensure: Callable[[Context], Observed]
    remove: Callable[[Context], None]
    close: Callable[[Context], None] | None = None  # before `remove`, in a transaction of its own
    # after `close`, each time in a transaction of its own, until it says that no more is left
    thin: Callable[[Context], bool] | None = None
