"""What the checker may read: what clients wrote down, two databases, and what was delivered.

Never the application: a checker that asks the suspect proves nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

Row = Mapping[str, Any]
LABEL = re.compile(r"\[meshport (\{.*\})\]\Z")
LABELLED = (
    "SELECT 'schema' AS kind, nspname AS name, obj_description(oid, 'pg_namespace') AS text"
    " FROM pg_namespace UNION ALL"
    " SELECT 'table', relname, obj_description(oid, 'pg_class') FROM pg_class"
    " WHERE relkind IN ('r', 'p', 'v', 'm') UNION ALL"
    " SELECT 'role', rolname, shobj_description(oid, 'pg_authid') FROM pg_roles"
    " WHERE pg_has_role(current_user, oid, 'MEMBER')"
)
# Rights of the portal's roles that no comment tells of: a role has a label, its rights have none.
RIGHTS = (
    "SELECT DISTINCT r.rolname AS role, n.nspname AS schema FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a, pg_roles r"
    " WHERE r.oid = a.grantee AND r.rolname ~ '^(dp|gr|lg)_'"
)


@dataclass(frozen=True)
class Answer:
    """What a client was told: 202 for `key`, with the id of an operation or a request."""

    key: str
    id: str


@dataclass(frozen=True)
class Delivery:
    """What arrived at the sink, in the order of arrival."""

    event_id: str
    key: str


@dataclass(frozen=True)
class Thing:
    """Something in a target, and the instance whose label it has."""

    kind: str
    name: str
    instance: UUID


@dataclass
class Evidence:
    ledger_url: str
    target_url: str
    answers: Sequence[Answer] = ()
    deliveries: Sequence[Delivery] | None = None  # None: nobody listened
    canaries: Sequence[str] = ()
    texts: Sequence[str] = ()  # logs of processes
    things: list[Thing] = field(default_factory=list)
    rights: set[tuple[str, str]] = field(default_factory=set)  # role, schema
    trace: list[Row] = field(default_factory=list)
    target_fences: dict[str, int] = field(default_factory=dict)
    quiet_at: datetime | None = None  # nothing was open then; what began later may be on its way

    def collect(self) -> Evidence:
        """Read the target once; the ledger is asked by the checks."""
        with psycopg.connect(self.target_url, row_factory=dict_row) as target:
            for row in target.execute(LABELLED).fetchall():
                found = LABEL.search(row["text"] or "")
                label = json.loads(found[1]) if found else {}
                if "instance" in label:
                    self.things.append(Thing(row["kind"], row["name"], UUID(label["instance"])))
            self.rights = {(r["role"], r["schema"]) for r in target.execute(RIGHTS).fetchall()}
            if _has(target, "chaos.trace"):
                self.trace = target.execute("SELECT * FROM chaos.trace ORDER BY id").fetchall()
                for row in target.execute("SELECT instance, name FROM chaos.thing").fetchall():
                    self.things.append(Thing("thing", row["name"], row["instance"]))
            if _has(target, "meshport.portal_fence"):
                fences = target.execute("SELECT resource, fence FROM meshport.portal_fence")
                self.target_fences |= {r["resource"]: r["fence"] for r in fences.fetchall()}
        self.things += [
            Thing("contract", row["name"], row["instance"]) for row in self.ask(CONTRACTS)
        ]
        self.things += [
            Thing("product", row["name"], row["instance"]) for row in self.ask(PRODUCTS)
        ]
        return self

    def ask(self, query: str, **values: Any) -> list[Row]:
        """Rows of the ledger's database."""
        return list(self._ledger.execute(query, values).fetchall())

    @cached_property
    def _ledger(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.ledger_url, row_factory=dict_row, autocommit=True)

    def close(self) -> None:
        self._ledger.close()


CONTRACTS = (
    "SELECT c.name || ' ' || v.version AS name, v.instance_id AS instance"
    " FROM contracts_contractversion v JOIN contracts_datacontract c ON c.id = v.contract_id"
    " WHERE v.instance_id IS NOT NULL"
)
PRODUCTS = (
    "SELECT fqn AS name, instance_id AS instance FROM products_dataproduct"
    " WHERE instance_id IS NOT NULL AND status <> 'retired'"
)


def _has(conn: psycopg.Connection[Any], table: str) -> bool:
    row = conn.execute("SELECT to_regclass(%s) IS NOT NULL AS there", [table]).fetchone()
    return bool(row and row["there"])
