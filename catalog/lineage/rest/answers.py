"""What the answers about lineage look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import (
    ANYTHING,
    COUNT,
    FLAG,
    FREE,
    MOMENT,
    NUMBER,
    TEXT,
    TEXTS,
    URL,
    about,
    keyed,
    listed,
    maybe,
    one_of,
    record,
)

LEVEL = one_of(["product", "dataset", "column"])
NODE = record(
    "LineageNode",
    {
        "id": about(TEXT, "product:, port:, dataset:, job:, column: or system: and its name"),
        "kind": about(TEXT, "the same word; `hidden`: those that you may not see, as one node"),
        "name": TEXT,
        "distance": about(COUNT, "hops from the asked node"),
        "side": about(TEXT, "upstream, downstream or neither"),
        "product": maybe(TEXT, "fqn"),
        "product_name": maybe(TEXT),
        "owner": maybe(TEXT, "slug of the team"),
        "owner_name": maybe(TEXT),
        "domain": maybe(TEXT, "path"),
        "status": maybe(TEXT),
        "archetype": maybe(TEXT),
        "score": maybe(NUMBER, "0 to 100; null: not measured"),
        "incident": maybe(TEXT, "severity of the gravest open one of its product; null: none"),
        "url": maybe(URL),
        "more": keyed(COUNT, "neighbours on each side that are not in this answer"),
        "verified": about(FLAG, "of a dataset: a team answers for its namespace"),
        "dataset": about(TEXT, "of a column: id of its dataset"),
        "data_type": maybe(TEXT, "of a column"),
        "classification": maybe(TEXT, "of a column"),
        "count": about(COUNT, "of `hidden`: how many"),
    },
    optional=("verified", "dataset", "data_type", "classification", "count"),
)
EDGE = record(
    "LineageEdge",
    {
        "source": about(TEXT, "id of the node that is read"),
        "target": about(TEXT, "id of the node that is made from it"),
        "via": maybe(TEXT, "job or port"),
        "origin": maybe(TEXT, "who says so: openlineage, declared, manual, ..."),
        "first_seen": maybe(MOMENT),
        "last_seen": maybe(MOMENT),
        "transformation": maybe(TEXT, "of columns"),
        "masking": about({"type": ["boolean", "null"]}, "of columns"),
    },
    optional=("transformation", "masking"),
)
GRAPH = record(
    "LineageGraph",
    {
        "nodes": listed(NODE),
        "edges": listed(EDGE),
        "total_nodes": about(COUNT, "how many there are, also where not all are here"),
        "truncated": FLAG,
        "hidden": keyed(COUNT, "nodes of each side that you may not see"),
        "as_of": maybe(MOMENT),
        "level": LEVEL,
    },
)
CONSUMER = record(
    "ImpactedConsumer",
    {
        "consumer": about(TEXT, "team:, user: or product: and its name"),
        "kind": TEXT,
        "name": TEXT,
        "until": maybe(MOMENT),
    },
)
ROW = record(
    "ImpactRow",
    {
        "product": about(TEXT, "fqn"),
        "name": TEXT,
        "owner": about(TEXT, "slug"),
        "owner_name": TEXT,
        "domain": about(TEXT, "path"),
        "status": TEXT,
        "url": URL,
        "distance": COUNT,
        "via": record("", {"columns": maybe(COUNT), "datasets": maybe(COUNT)}),
        "consumers": listed(CONSUMER),
        "other_consumers": about(COUNT, "those whom you may not see"),
    },
)
TOTALS = record(
    "ImpactTotals",
    {
        "products": COUNT,
        "owners": about(COUNT, "teams that own these products"),
        "teams": about(COUNT, "those, and teams that consume"),
        "consumers": COUNT,
        "datasets": maybe(COUNT),
        "columns": maybe(COUNT),
        "hidden": about(COUNT, "nodes that you may not see"),
    },
)
IMPACT = record(
    "Impact",
    {
        "node": TEXT,
        "level": LEVEL,
        "results": listed(ROW),
        "totals": TOTALS,
        "truncated": FLAG,
        "as_of": maybe(MOMENT),
        "next": maybe(URL, "the next page; null on the last"),
    },
)
PATH = record(
    "",
    {
        "path": maybe(
            record("LineagePath", {"level": LEVEL, "nodes": listed(NODE), "edges": listed(EDGE)}),
            "null: there is none",
        )
    },
)
SOURCES = record(
    "LineageSources",
    {
        "node": TEXT,
        "level": LEVEL,
        "nodes": listed(NODE),
        "total": COUNT,
        "hidden": COUNT,
        "truncated": FLAG,
    },
)
CYCLES = record(
    "",
    {
        "results": listed(record("LineageCycle", {"size": COUNT, "nodes": listed(NODE)})),
        "total": COUNT,
    },
)
DATASET = record(
    "Dataset",
    {
        "id": about(TEXT, "dataset:<namespace>:<name>"),
        "key": about(TEXT, "the same with percent-encoded parts, never ambiguous"),
        "namespace": TEXT,
        "name": TEXT,
        "port": maybe(TEXT, "fqn of the port that offers it"),
        "namespace_team": maybe(TEXT, "slug of the team that answers for the namespace"),
        "verified": about(FLAG, "a team answers for the namespace"),
        "claimed": about(FLAG, "a person said so"),
        "posted_by": maybe(TEXT, "slug of the team whose token told of it"),
        "first_seen": MOMENT,
        "last_seen": MOMENT,
    },
)
NAMESPACE = record(
    "LineageNamespace",
    {
        "namespace": TEXT,
        "team": about(TEXT, "slug of the team that answers for it"),
        "team_name": TEXT,
        "claimed_at": MOMENT,
    },
)
NEW_NAMESPACE = record("", {"namespace": TEXT, "team": about(TEXT, "slug")})
NAMED_NAMESPACE = record("", {"namespace": TEXT})
DRAWN = record(
    "DrawnEdge",
    {
        "id": TEXT,
        "source": TEXT,
        "target": TEXT,
        "reason": TEXT,
        "closes_circle": about(FLAG, "a fact of life, but worth a second look"),
    },
)
EVENT_TAKEN = record(
    "", {"duplicate": about(FLAG, "it was here before; nothing was changed"), "warnings": TEXTS}
)
BATCH_TAKEN = record(
    "LineageBatchTaken",
    {
        "status": one_of(["success", "partial_success"]),
        "summary": keyed(COUNT, "received, successful, failed, retriable, non_retriable"),
        "failed_events": listed(record("", {"index": COUNT, "reason": TEXT, "retriable": FLAG})),
        "warnings": listed(record("", {"index": COUNT, "warnings": TEXTS})),
    },
)
DBT_TAKEN = record(
    "DbtTaken",
    {
        "project": TEXT,
        "namespace": TEXT,
        "models": COUNT,
        "sources": COUNT,
        "exposures": COUNT,
        "edges": COUNT,
        "column_edges": COUNT,
        "ended": about(COUNT, "edges that the manifest has no more"),
        "warnings": TEXTS,
    },
)
SQL_READ = record(
    "SqlRead",
    {
        "statements": listed(ANYTHING, "what each makes from what"),
        "warnings": TEXTS,
        "stored": FLAG,
    },
)
EVENT = about(FREE, "an OpenLineage run, job or dataset event")
EVENTS = listed(FREE, "OpenLineage events")
MANIFEST = about(FREE, "the manifest.json of dbt")
CLAIM = record(
    "", {"dataset": about(TEXT, "its `id` or `key`"), "port": about(TEXT, "fqn of a port")}
)
UNCLAIM = record("", {"dataset": about(TEXT, "its `id` or `key`")})
NEW_EDGE = record(
    "",
    {
        "source": about(TEXT, "id of a node"),
        "target": about(TEXT, "id of a node of the same kind"),
        "reason": TEXT,
    },
)
SQL = record(
    "SqlText",
    {
        "sql": TEXT,
        "namespace": about(TEXT, "of the datasets that the tables are"),
        "dialect": about(TEXT, "as sqlglot names it, e.g. postgres"),
        "default_schema": about(TEXT, "of tables that name none: `schema` or `db.schema`"),
        "job": about(FREE, "what runs it: `namespace` and `name`"),
        "dry_run": about(FLAG, "read it and store nothing"),
    },
    optional=("dialect", "default_schema", "job", "dry_run"),
)
