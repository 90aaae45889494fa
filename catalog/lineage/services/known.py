"""What is stored already of all that is named: found in one statement, added where it is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from uuid import UUID

from accounts.actors import Actor
from catalog.lineage.data import DatasetFacts, Facts
from catalog.lineage.formats.names import Name
from catalog.lineage.keys import key_of
from catalog.lineage.services import rows
from core import prepared

# A dataset has the name itself, or is called so, too; teams answer for what is written under
# either. LIMIT has each looked up by its index, however small the table was when it was planned.
_LOOK_UP = """
SELECT 'datasets', asked.key, d.id, d.last_seen < now() - interval '1 minute',
       d.namespace, d.name, d.port_id, d.dropped_at, coalesce(d.fields <> asked.fields, false),
       theirs.namespace, theirs.team
FROM json_to_recordset(%(datasets)s::json) AS asked(key uuid, namespace text, fields jsonb)
LEFT JOIN LATERAL (
    SELECT * FROM lineage_dataset WHERE id = coalesce(
        (SELECT id FROM lineage_dataset WHERE key = asked.key),
        (SELECT dataset_id FROM lineage_symlink WHERE key = asked.key))
    LIMIT 1
) AS d ON TRUE
LEFT JOIN LATERAL (
    SELECT claim.namespace, team.name AS team FROM lineage_namespaceclaim claim
    JOIN accounts_team team ON team.id = claim.team_id
    WHERE claim.namespace IN (asked.namespace, d.namespace)
      AND claim.team_id <> ALL(%(teams)s::bigint[])
    LIMIT 1
) AS theirs ON TRUE
UNION ALL
SELECT 'jobs', key, id, last_seen < now() - interval '1 minute',
       NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM lineage_job WHERE key = ANY(%(jobs)s::uuid[])
UNION ALL
SELECT 'columns', key, id, last_seen < now() - interval '1 minute',
       NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM lineage_column WHERE key = ANY(%(columns)s::uuid[])
"""


@dataclass(slots=True)
class Known:
    """A row that is stored."""

    id: int
    is_stale: bool  # last seen more than a minute ago


@dataclass(slots=True)
class KnownDataset(Known):
    """A dataset; its name may be another than the one that was asked for."""

    name: Name
    port_id: UUID | None
    dropped_at: dt.datetime | None
    is_other: bool  # its schema is not the one that is told


@dataclass(slots=True)
class Stored:
    """Rows by their keys, and the datasets that the actor may not write, each with the reason."""

    datasets: dict[UUID, KnownDataset] = field(default_factory=dict)
    jobs: dict[UUID, Known] = field(default_factory=dict)
    columns: dict[UUID, Known] = field(default_factory=dict)
    foreign: dict[Name, str] = field(default_factory=dict)


def stored_of(facts: Facts, actor: Actor) -> Stored:
    """What is stored of the datasets, jobs and columns that facts name.

    A column is looked for under the name of its dataset that is told; see `look_up` for others.

    Cost: one SQL statement.
    """
    ends = chain.from_iterable(
        ((*link.source, link.source_field), (*link.target, link.target_field))
        for link in facts.links
    )
    return look_up(
        datasets=facts.datasets,
        jobs=[key_of(*name) for name in facts.jobs],
        columns=[key_of(*parts) for parts in dict.fromkeys(ends)],
        actor=actor,
    )


def look_up(
    *,
    datasets: Mapping[Name, DatasetFacts] = MappingProxyType({}),
    jobs: Collection[UUID] = (),
    columns: Collection[UUID] = (),
    actor: Actor | None = None,
) -> Stored:
    """The rows of these names and keys; what is foreign only where an actor is named."""
    told = {key_of(*name): name for name in datasets}
    asked = (
        {"key": key, "namespace": name.namespace, "fields": datasets[name].fields}
        for key, name in told.items()
    )
    teams = actor.contributor_team_ids if actor else ()
    stored = Stored()
    for kind, key, pk, is_stale, *rest in prepared.ask(
        _LOOK_UP,
        datasets=rows.recordset(asked),
        jobs=rows.array(jobs),
        columns=rows.array(columns),
        teams=rows.array(teams),
    ):
        if kind == "jobs":
            stored.jobs[key] = Known(pk, is_stale)
        elif kind == "columns":
            stored.columns[key] = Known(pk, is_stale)
        else:
            namespace, name, port_id, dropped_at, is_other, claimed, team = rest
            if pk is not None:
                called = Name(namespace, name)
                stored.datasets[key] = KnownDataset(
                    pk, is_stale, called, port_id, dropped_at, is_other
                )
            if team is not None and actor is not None and not actor.is_admin:
                stored.foreign[told[key]] = _reason(claimed, team)
    return stored


def _reason(namespace: str, team: str) -> str:
    return f"{namespace[:80]} is {team}’s: what is written there was left out"
