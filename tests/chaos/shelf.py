"""A target that keeps a trace: things in tables of the warehouse, with a fence of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, LiteralString

import psycopg
from psycopg import sql

from provisioning.drivers.postgres import identities, keepers
from provisioning.drivers.postgres.session import Warehouse, connected
from provisioning.drivers.protocol import (
    Capabilities,
    Dedupe,
    EffectRecord,
    Fencing,
    Json,
    Measurement,
    Observed,
    Pending,
    PermanentError,
    PlannedEffect,
    StaleFence,
    Step,
    TemporaryError,
)

TABLES: LiteralString = """
CREATE SCHEMA IF NOT EXISTS chaos;
CREATE TABLE IF NOT EXISTS chaos.fence (instance uuid PRIMARY KEY, fence bigint NOT NULL);
CREATE TABLE IF NOT EXISTS chaos.thing (instance uuid, name text, value int);
CREATE TABLE IF NOT EXISTS chaos.trace (
  id bigint GENERATED ALWAYS AS IDENTITY, instance uuid, name text, verb text, effect_key text,
  fence bigint, changed boolean, at timestamptz DEFAULT clock_timestamp());
"""
RAISE_FENCE: LiteralString = """
INSERT INTO chaos.fence AS f VALUES (%s, %s) ON CONFLICT (instance)
DO UPDATE SET fence = excluded.fence WHERE f.fence <= excluded.fence RETURNING fence
"""
TRACE: LiteralString = """
INSERT INTO chaos.trace (instance, name, verb, effect_key, fence, changed)
VALUES (%s, %s, %s, %s, %s, %s)
"""
CANARY = "canary-5e0c1d"  # a secret that must stand nowhere
SPEC: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "value": {"type": "integer"},
        "pending": {"type": "integer"},  # how often the target says that it goes on by itself
    },
    "additionalProperties": False,
}


class TracedShelf:
    """`put` puts a thing on the shelf; `refuse` never does."""

    name: ClassVar[str] = "shelf"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.NATIVE, Dedupe.OBSERVE)
    actions: ClassVar[Mapping[str, Json]] = {"put": SPEC, "refuse": SPEC}

    def __init__(self, url: str) -> None:
        self._url = url

    def plan(self, step: Step) -> list[PlannedEffect]:
        return []

    def observe(self, step: Step) -> Observed:
        with self._connected() as conn:
            return Observed(self._count(conn, step) > 0)

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        name, value = step.spec["name"], step.spec.get("value", 0)
        if step.action == "refuse":
            raise PermanentError("The shelf does not take this.")
        asked = step.progress.get("asked", 0)
        if asked < step.spec.get("pending", 0):
            raise Pending("The shelf is being built.", progress={"asked": asked + 1})
        with self._connected() as conn:
            self.raise_fence(conn, step, fence)
            there = self._count(conn, step)
            if not there:
                conn.execute(
                    "INSERT INTO chaos.thing VALUES (%s, %s, %s)", (step.instance_id, name, value)
                )
            conn.execute(
                "UPDATE chaos.thing SET value = %s WHERE instance = %s AND name = %s",
                (value, step.instance_id, name),
            )
            self._trace(conn, step, "ensure", effect_key, fence, not there)
        made = (EffectRecord("thing", name, {}),)
        words = f"{name} is on the shelf"
        return Observed(True, fence, words, made, secrets={"key": CANARY})

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        with self._connected() as conn:
            self.raise_fence(conn, step, fence)
            gone = conn.execute(
                "DELETE FROM chaos.thing WHERE instance = %s AND name = %s",
                (step.instance_id, step.spec["name"]),
            )
            self._trace(conn, step, "absent", effect_key, fence, gone.rowcount > 0)
        return Observed(False, fence, f"{step.spec['name']} is gone")

    def measure(self, step: Step) -> Measurement:
        raise PermanentError("A shelf measures nothing.")

    def raise_fence(self, conn: psycopg.Connection[Any], step: Step, fence: int) -> None:
        if conn.execute(RAISE_FENCE, (step.instance_id, fence)).fetchone() is None:
            raise StaleFence("A newer worker has been here.")

    def _count(self, conn: psycopg.Connection[Any], step: Step) -> int:
        row = conn.execute(
            "SELECT count(*) FROM chaos.thing WHERE instance = %s AND name = %s",
            (step.instance_id, step.spec["name"]),
        ).fetchone()
        return int(row[0]) if row else 0

    def _trace(
        self,
        conn: psycopg.Connection[Any],
        step: Step,
        verb: str,
        effect_key: str,
        fence: int,
        changed: bool,
    ) -> None:
        about = (step.instance_id, step.spec["name"], verb, effect_key, fence, changed)
        conn.execute(TRACE, about)

    def _connected(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self._url, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise TemporaryError("The shelf cannot be reached.") from error


def prepare(url: str) -> None:
    """Empty tables for a new run, and a warehouse without what other tests left there."""
    ours = "SELECT rolname FROM pg_roles WHERE rolname ~ '^(dp|gr|lg)_'"
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^dp_' OR nspname = 'chaos'"
    with connected(Warehouse(url)) as conn:
        for (schema,) in conn.execute(schemas).fetchall():
            conn.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        for (role,) in conn.execute(f"{ours} AND pg_has_role(oid, 'MEMBER')").fetchall():
            made = keepers.by_maker(conn, [role])
            keepers.share(conn, made)
            identities.drop(conn, made)
        conn.execute(TABLES)
