"""One statement a table: rows that are not there are added, those that are are seen again.

Everybody writes the tables in one order and the rows of a table in one order, so that two calls
wait for each other instead of locking each other out. `last_seen` is exact to a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.db import connection

from core import prepared

# The port of a system behind which a dataset stands: by its own name, unless another team answers
# for the namespace; else by `*`, if the system's team does. All members see what is found so, and
# nobody shows a whole namespace that is not theirs.
BEHIND_SYSTEM = """
SELECT named.port_id FROM products_systemdataset named
JOIN products_systemport port ON port.id = named.port_id
JOIN products_system system ON system.id = port.system_id
LEFT JOIN lineage_namespaceclaim claim ON claim.namespace = named.namespace
WHERE named.namespace = {namespace} AND (
    named.name = {name} AND coalesce(claim.team_id = system.owner_id, TRUE)
    OR named.name = '*' AND claim.team_id = system.owner_id)
ORDER BY named.name = '*'
"""
ADD_DATASETS = """
INSERT INTO lineage_dataset
    (namespace, name, node_id, key, node_key, port_id, system_port_id, fields, posted_by_id)
SELECT new.namespace, new.name, new.node_id, new.key, new.node_key, p.port_id, s.port_id,
       new.fields, new.posted_by_id
FROM json_to_recordset(%s::json) AS new(namespace text, name text, node_id text, key uuid,
     node_key uuid, fields jsonb, posted_by_id bigint)
LEFT JOIN products_portdataset p ON p.namespace = new.namespace AND p.name = new.name
LEFT JOIN LATERAL (
    {behind} LIMIT 1
) s ON TRUE
ORDER BY new.key
ON CONFLICT (key) DO NOTHING
""".format(behind=BEHIND_SYSTEM.format(namespace="new.namespace", name="new.name"))
SET_FIELDS = """
WITH changed AS (
    SELECT d.id, new.fields FROM lineage_dataset d
    JOIN json_to_recordset(%s::json) AS new(id bigint, fields jsonb) ON new.id = d.id
    WHERE d.fields <> new.fields ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE lineage_dataset d SET fields = changed.fields FROM changed WHERE d.id = changed.id
"""
ADD_JOBS = """
INSERT INTO lineage_job (namespace, name, key, node_key, posted_by_id)
SELECT namespace, name, key, node_key, posted_by_id
FROM json_to_recordset(%s::json) AS new(namespace text, name text, key uuid, node_key uuid,
     posted_by_id bigint)
ORDER BY key ON CONFLICT (key) DO NOTHING
"""
ADD_COLUMNS = """
INSERT INTO lineage_column (dataset_id, name, key, node_key)
SELECT dataset_id, name, key, node_key
FROM json_to_recordset(%s::json) AS new(dataset_id bigint, name text, key uuid, node_key uuid)
ORDER BY key ON CONFLICT (key) DO NOTHING
"""
# Rows that others are just writing are seen by them.
SEE = """
UPDATE {table} SET last_seen = now() WHERE id IN (
    SELECT id FROM {table} WHERE id = ANY(%s::bigint[]) AND last_seen < now() - interval '1 minute'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
"""
USE = """
INSERT INTO lineage_jobdataset AS old (job_id, dataset_id, side)
SELECT job_id, dataset_id, side
FROM json_to_recordset(%s::json) AS new(job_id bigint, dataset_id bigint, side text)
ORDER BY 1, 2, 3
ON CONFLICT (job_id, dataset_id, side) DO UPDATE SET last_seen = now()
WHERE old.last_seen < now() - interval '1 minute'
"""
# Where no job is known, the edge is the origin's.
OF_JOB = "(source_id, target_id, job_id) WHERE job_id IS NOT NULL"
OF_NO_JOB = "(source_id, target_id, origin) WHERE job_id IS NULL"
JOIN_DATASETS = """
INSERT INTO lineage_datasetedge AS old (source_id, target_id, job_id, origin, posted_by_id)
SELECT source_id, target_id, job_id, %s::text, %s::bigint
FROM json_to_recordset(%s::json) AS new(source_id bigint, target_id bigint, job_id bigint)
ORDER BY 1, 2, 3
ON CONFLICT {key} DO UPDATE SET last_seen = now(), ended_at = NULL,
    change = CASE WHEN old.ended_at IS NULL THEN old.change ELSE excluded.change END
WHERE old.ended_at IS NOT NULL OR old.last_seen < now() - interval '1 minute'
RETURNING id
"""
JOIN_COLUMNS = """
INSERT INTO lineage_columnedge AS old
    (source_id, target_id, job_id, origin, posted_by_id, transformation, masking)
SELECT source_id, target_id, job_id, %s::text, %s::bigint, transformation, masking
FROM json_to_recordset(%s::json) AS new(source_id bigint, target_id bigint, job_id bigint,
     transformation text, masking boolean)
ORDER BY 1, 2, 3
ON CONFLICT {key} DO UPDATE SET last_seen = now(), ended_at = NULL,
    change = CASE WHEN old.ended_at IS NULL THEN old.change ELSE excluded.change END,
    transformation = excluded.transformation, masking = excluded.masking
WHERE old.ended_at IS NOT NULL OR old.last_seen < now() - interval '1 minute'
    OR (old.transformation, old.masking) <> (excluded.transformation, excluded.masking)
"""
RUN = """
INSERT INTO lineage_run AS old (run_id, job_id, state, started_at, ended_at, last_event_at,
    input_ids, output_ids, parent_run_id, parent_job_id)
SELECT run_id, job_id, state, started_at, ended_at, last_event_at, input_ids, output_ids,
       parent_run_id, parent_job_id
FROM json_to_recordset(%s::json) AS new(run_id uuid, job_id bigint, state text,
     started_at timestamptz, ended_at timestamptz, last_event_at timestamptz,
     input_ids bigint[], output_ids bigint[], parent_run_id uuid, parent_job_id bigint)
ORDER BY run_id
ON CONFLICT (run_id) DO UPDATE SET
    state = CASE WHEN excluded.ended_at >= coalesce(old.ended_at, '-infinity')
                 THEN excluded.state ELSE old.state END,
    started_at = least(old.started_at, excluded.started_at),
    ended_at = greatest(old.ended_at, excluded.ended_at),
    last_event_at = greatest(old.last_event_at, excluded.last_event_at),
    last_seen = now(),
    input_ids = ARRAY(SELECT DISTINCT unnest(old.input_ids || excluded.input_ids) ORDER BY 1),
    output_ids = ARRAY(SELECT DISTINCT unnest(old.output_ids || excluded.output_ids) ORDER BY 1),
    parent_run_id = coalesce(excluded.parent_run_id, old.parent_run_id),
    parent_job_id = coalesce(excluded.parent_job_id, old.parent_job_id)
WHERE old.job_id = excluded.job_id
RETURNING run_id, input_ids, output_ids
"""


def change(sql: str, *parameters: Any) -> int:
    """How many rows a statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def recordset(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as the statements above read them."""
    return orjson.dumps(list(rows)).decode()


def array(values: Iterable[Any]) -> str:
    """Numbers or UUIDs as PostgreSQL reads an array: psycopg looks at each of a list."""
    return f"{{{','.join(map(str, values))}}}"


def see(table: str, ids: Sequence[int]) -> None:
    """Note that rows were seen; no more often than once a minute."""
    if ids:
        prepared.ask(SEE.format(table=table), array(ids))
