"""The PostgreSQL driver: each verb is one fenced transaction of the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, Final, TypeVar
from uuid import UUID

from provisioning.drivers.postgres import (
    failing,
    inventory,
    keepers,
    measure,
    naming,
    peeking,
    session,
)
from provisioning.drivers.postgres.accounts import ACCOUNT, WORKPLACE
from provisioning.drivers.postgres.action import Action, Context
from provisioning.drivers.postgres.granting import GRANTS
from provisioning.drivers.postgres.grants import GRANT
from provisioning.drivers.postgres.logins import LOGIN
from provisioning.drivers.postgres.roles import ROLES
from provisioning.drivers.postgres.sample import SAMPLE
from provisioning.drivers.postgres.schemas import SCHEMA
from provisioning.drivers.postgres.session import Connection, Warehouse
from provisioning.drivers.postgres.specs import ACTIONS
from provisioning.drivers.postgres.tables import TABLES
from provisioning.drivers.protocol import (
    Capabilities,
    Dedupe,
    Fencing,
    Grants,
    Json,
    Labelled,
    Measurement,
    Observed,
    PermanentError,
    PlannedEffect,
    Rows,
    Step,
    Workplace,
)
from provisioning.drivers.registry import check_spec

BY_NAME: Final[Mapping[str, Action]] = {
    "schema": SCHEMA,
    "tables": TABLES,
    "roles": ROLES,
    "sample": SAMPLE,
    "grant": GRANT,
    "login": LOGIN,
    "account": ACCOUNT,
}
_T = TypeVar("_T")
Resolve = Callable[[str | None], Warehouse]


class PostgresDriver:
    """Provisions into the warehouse that `resolve` names for a spec's `target`."""

    name: ClassVar[str] = "postgres"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.NATIVE, Dedupe.OBSERVE, exact=True)
    actions: ClassVar[Mapping[str, Json]] = ACTIONS
    # for grants and for people, not for anybody's blueprint
    internal: ClassVar[frozenset[str]] = frozenset({"grant", "login", "account", "measure"})
    grants: ClassVar[Grants] = GRANTS
    workplace: ClassVar[Workplace] = WORKPLACE

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def plan(self, step: Step) -> list[PlannedEffect]:
        """What `ensure` would change."""
        action, warehouse = self._action(step), self._warehouse(step)
        with session.looking(warehouse) as conn:
            return action.plan(Context(conn, step, warehouse))

    def observe(self, step: Step) -> Observed:
        """What is there now."""
        action, warehouse = self._action(step), self._warehouse(step)
        with session.looking(warehouse) as conn:
            return action.observe(Context(conn, step, warehouse))

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Make it so, in one transaction; the fence is compared and raised in the same one."""
        del effect_key  # the catalogue of the server says what was done
        action, warehouse = self._action(step), self._warehouse(step)
        with session.fenced(warehouse, step.instance_id, fence) as conn:
            return action.ensure(Context(conn, step, warehouse, fence))

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Remove it, then read the target again.

        Raises:
            PermanentError: something is left.
        """
        del effect_key  # the catalogue of the server says what was done
        action, warehouse = self._action(step), self._warehouse(step)

        def do(work: Callable[[Context], _T]) -> _T:
            with session.fenced(warehouse, step.instance_id, fence) as conn:
                return work(Context(conn, step, warehouse, fence))

        if action.close is not None:
            do(action.close)
        while action.thin is not None and do(action.thin):
            pass
        do(action.remove)
        observed = self.observe(step)
        if observed.exists:
            raise PermanentError(f"It is still there: {observed.summary}.")
        return observed

    def measure(self, step: Step) -> Measurement:
        """Evaluate quality rules in a read-only transaction."""
        check_spec(self, "measure", step.spec)
        return measure.measure(self._warehouse(step), step)

    def inventory(self, target: str | None) -> list[Labelled]:
        """What has our label in the built-in warehouse, or in that of a team."""
        with session.looking(self._resolve(target)) as conn:
            return inventory.labelled(conn)

    def peek(self, grant_id: UUID, spec: Json, table: str, limit: int) -> Rows:
        """Read-only, with the rights of the grant's role."""
        check_spec(self, "grant", spec)
        with self._entering(grant_id, spec) as conn:
            return peeking.peek(conn, grant_id, spec["schema"], table, limit)

    def statement(self, step: Step, rule: Json) -> str:
        """The query that answers a rule; a rule in SQL as its team wrote it, with its names."""
        check_spec(self, "measure", {**step.spec, "rules": [rule]})
        warehouse = self._warehouse(step)
        with session.looking(warehouse) as conn:
            return failing.statement(Context(conn, step, warehouse), rule)

    def failing(
        self, grant_id: UUID, spec: Json, table: str, rule: Json, keys: Sequence[str], limit: int
    ) -> Rows:
        """Read-only, with the rights of the grant's role."""
        check_spec(self, "grant", spec)
        with self._entering(grant_id, spec) as conn:
            return failing.failing(conn, grant_id, spec["schema"], table, rule, keys, limit)

    def connected(self) -> list[str]:
        """Logins of grants with a session in the built-in warehouse."""
        with session.looking(self._resolve(None)) as conn:
            return inventory.connected(conn)

    @contextmanager
    def _entering(self, grant_id: UUID, spec: Json) -> Iterator[Connection]:
        """A look in which one may take on the role of a grant."""
        warehouse = self._resolve(spec.get("target"))
        with session.connected(warehouse) as conn:
            keepers.let_enter(conn, naming.grant_role(grant_id))
        with session.looking(warehouse) as conn:
            yield conn

    def _action(self, step: Step) -> Action:
        check_spec(self, step.action, step.spec)
        try:
            return BY_NAME[step.action]
        except KeyError:
            raise PermanentError(f"“{step.action}” is not a step that changes things.") from None

    def _warehouse(self, step: Step) -> Warehouse:
        return self._resolve(step.spec.get("target"))
