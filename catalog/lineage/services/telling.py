"""Storing what a dbt project or SQL text tells."""

from __future__ import annotations

from django.db import transaction

from accounts.actors import Actor
from catalog.lineage.data import Facts
from catalog.lineage.models import Job
from catalog.lineage.services import rows
from catalog.lineage.services.ingesting import require_lineage
from catalog.lineage.services.known import stored_of
from catalog.lineage.services.namespaces import guard_facts
from catalog.lineage.services.product_edges import end_unsupported, products_of
from catalog.lineage.services.storing import Places, place, write_edges, write_uses
from core import prepared
from core.errors import NotAllowed

# Edges of a namespace's jobs that are not among those told now.
_END = """
WITH told AS (
    SELECT source_id, target_id, job_id
    FROM json_to_recordset(%s::json) AS new(source_id bigint, target_id bigint, job_id bigint)
), gone AS (
    SELECT e.id FROM {table} e JOIN lineage_job j ON j.id = e.job_id
    WHERE j.namespace = %s::text AND e.origin = 'dbt' AND e.ended_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM told WHERE told.source_id = e.source_id
                      AND told.target_id = e.target_id AND told.job_id = e.job_id)
    ORDER BY e.id FOR NO KEY UPDATE OF e
)
UPDATE {table} e SET ended_at = now(), change = pg_current_xact_id()::text::bigint
WHERE id IN (SELECT id FROM gone) RETURNING source_id, target_id
"""


@transaction.atomic
def store_told(*, facts: Facts, actor: Actor) -> list[str]:
    """Store facts that came with no time of their own; answers warnings.

    Raises:
        NotAllowed: the actor's token lacks `lineage:write`.
    """
    require_lineage(actor)
    places, said = _write(facts, actor)
    gone = [known.name for known in places.datasets.values() if known.dropped_at is not None]
    said += [f"{name.name[:80]} was dropped; its edges begin when it is written" for name in gone]
    return said


@transaction.atomic
def store_project(*, facts: Facts, job_namespace: str, actor: Actor) -> tuple[int, list[str]]:
    """Make the edges of a dbt project's jobs these; answers how many ended, and warnings.

    Raises:
        NotAllowed: the actor may not send lineage, or another team sends this project.
    """
    require_lineage(actor)
    prepared.ask("SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))", job_namespace)
    others = Job.objects.filter(namespace=job_namespace, posted_by__isnull=False)
    if not actor.sees_all_metadata and others.exclude(posted_by__in=actor.team_ids).exists():
        raise NotAllowed("Another team sends this dbt project; ask it, or give yours its own name.")
    places, said = _write(facts, actor)
    return _end_others(facts, places, job_namespace), said


def _write(facts: Facts, actor: Actor) -> tuple[Places, list[str]]:
    stored = stored_of(facts, actor)
    said = guard_facts(facts, stored.foreign)
    places = place(facts, stored, team_id=min(actor.team_ids, default=None))
    gone = frozenset(each.id for each in places.datasets.values() if each.dropped_at is not None)
    write_uses(facts, places)
    write_edges(facts, places, gone=gone)
    return places, said


def _end_others(facts: Facts, places: Places, job_namespace: str) -> int:
    told = [
        {
            "source_id": places.datasets[edge.source].id,
            "target_id": places.datasets[edge.target].id,
            "job_id": places.jobs[edge.job],
        }
        for edge in facts.edges
        if edge.job is not None
    ]
    sql = _END.format(table="lineage_datasetedge")
    ended = prepared.ask(sql, rows.recordset(told), job_namespace)
    columns = [
        {"source_id": source, "target_id": target, "job_id": job}
        for source, target, job in facts.column_pairs
    ]
    sql = _END.format(table="lineage_columnedge")
    ended_columns = prepared.ask(sql, rows.recordset(columns), job_namespace)
    end_unsupported(products_of({pk for pair in ended for pk in pair}))
    return len(ended) + len(ended_columns)
