"""What scripts send and what they get, for the description of REST.

Names are those of the demo company, so that a body can be tried as it stands. A test sends each.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).with_name("answers.json")  # as the demo company gave them, shortened
JSON = "application/json"
PORT, TEAM, READER = "sales.orders/orders@1", "sales-data", "team:web-analytics"
UNTIL, NOTE = "2027-01-31", "Agreed in the weekly meeting."
PURPOSE = "Weekly report on orders by channel."
OBJECT_ID = "01900000-0000-7000-8000-000000000001"
DATASET = "dataset:postgres://warehouse:5432:sales.public.orders"
ACCESS = {"port": PORT, "consumer": READER, "purpose": PURPOSE, "until": UNTIL}
RULE = {
    "name": "Internal data for a quarter",
    "scope": "company",
    "condition": 'port.classification == "internal" && duration <= 90',
    "outcome": {"approve": True, "max_days": 90},
}
POLICY = {
    "name": "Owner described",
    "rule": 'description != ""',
    "words": "A product says what it is.",
    "mend": "Write a description.",
    "subject": "product",
    "owner": TEAM,
    "severity": "medium",
    "state": "draft",
}
ANNOUNCEMENT = {
    "kind": "maintenance",
    "title": "Loads pause on Sunday",
    "body": "From 6 to 8 in the morning, UTC.",
    "starts_at": "2027-01-31T06:00:00Z",
    "ends_at": "2027-01-31T08:00:00Z",
}
TARGET = {
    "name": "Lake of the sales domain",
    "team": TEAM,
    "config": {"public_host": "lake.example.com", "public_port": 5432},
    "secrets": {"url": "postgresql://meshport:password@10.0.0.7:5432/sales"},
    "save_anyway": True,
}
WEBHOOK = {"name": "Chat of the team", "url": "https://hooks.example.com/meshport"}
SEARCH = {"name": "Weak orders", "query": "q=orders&score=low", "follow": True}
TERM = {
    "name": "Net order value",
    "definition": "What a customer pays for an order, without tax and returns.",
    "synonyms": ["order value"],
    "owner": TEAM,
}
WEIGHTS = {
    "accuracy": 2,
    "completeness": 2,
    "conformity": 1,
    "consistency": 1,
    "coverage": 1,
    "timeliness": 2,
    "uniqueness": 1,
}
DESCRIPTOR = {
    "apiVersion": "v1.0.0",
    "kind": "DataProduct",
    "id": "orders-by-channel",
    "name": "Orders by channel",
    "version": "1.0.0",
    "status": "draft",
    "domain": "sales",
    "team": {"name": TEAM},
    "description": {"purpose": "How many orders came in through which channel, by day."},
    "outputPorts": [{"name": "orders-by-channel", "version": "1.0.0", "type": "postgresql"}],
}
EVENT = {
    "eventType": "COMPLETE",
    "eventTime": "2026-11-26T06:00:00Z",
    "run": {"runId": "01900000-0000-7000-8000-000000000002"},
    "job": {"namespace": "airflow://sales", "name": "orders.daily"},
    "inputs": [{"namespace": "kafka://broker:9092", "name": "order-events"}],
    "outputs": [{"namespace": "postgres://warehouse:5432", "name": "sales.public.orders_daily"}],
    "producer": "https://example.com/airflow",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
}
RESULTS = {
    "results": [
        {
            "port": PORT,
            "check": "order_id-unique",
            "dimension": "uniqueness",
            "passed": False,
            "evaluated": 120_000,
            "failed": 12,
            "at": "2026-11-26T06:05:00Z",
        }
    ]
}
SYSTEM = {
    "name": "Till",
    "team": TEAM,
    "purpose": "Takes the money in the stores.",
    "technology": "Java",
    "tags": ["stores"],
    "ports": [{"name": "sales", "kind": "other", "title": "Sales of the day"}],
}
BLUEPRINT = {
    "apiVersion": "meshport/v1",
    "kind": "Blueprint",
    "name": "scratch",
    "title": "Scratch schema",
    "summary": "An empty schema for a week.",
    "makes": "scratch",
    "approval": "none",
    "parameters": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {"name": {"type": "string", "title": "Name", "maxLength": 40}},
    },
    "example": {"name": "Returns"},
    "steps": [
        {
            "name": "Schema",
            "driver": "postgres",
            "action": "schema",
            "spec": {"slug": "${place}"},
        }
    ],
}
BODIES: dict[str, Any] = {
    "request_access": ACCESS | {"mode": "read"},
    "amend_access": {"purpose": PURPOSE, "until": UNTIL},
    "request_access_to_several": {
        "ports": [PORT],
        "consumer": READER,
        "purpose": PURPOSE,
        "until": UNTIL,
    },
    "approvals_decide": {"requests": [OBJECT_ID], "decision": "approve", "note": NOTE},
    "blueprints_create": {
        "mode": "validate",
        "team": TEAM,
        "document": BLUEPRINT,
    },
    "blueprints_from_broker": {"target": "platform-broker"},
    "consent_answer": {"answer": "accept", "note": "The report reads both."},
    "consent_overrule": {"note": "The old version breaks the law from February."},
    "decision_rule_create": RULE,
    "decision_rule_change": RULE,
    "decision_rule_test": {each: RULE[each] for each in ("scope", "condition", "outcome")},
    "delegation_create": {"to": "steward", "until": UNTIL, "note": "On leave."},
    "demands_create": {
        "title": "Returns by reason",
        "need": "To see which suppliers cause returns.",
        "domain": "sales",
    },
    "demands_answer": {"product": "sales.orders", "note": "Has it since the last version."},
    "demands_decline": {"reason": "The source holds no reasons."},
    "demands_take": {"team": TEAM},
    "descriptors": DESCRIPTOR,
    "domain_quality_weights_put": WEIGHTS,
    "grant_credentials": {"renew": False},
    "resource_credentials": {"renew": False},
    "extend_grant": {"until": UNTIL, "purpose": PURPOSE},
    "revoke_grant": {"reason": "The report is no longer made."},
    "incident_assign": {"person": "owner"},
    "incident_note": {"note": "The source sent two days at once."},
    "incident_resolve": {"note": "Loaded again; the check passes."},
    "lineage_event": EVENT,
    "lineage_batch": [EVENT],
    "lineage_claim": {"dataset": DATASET, "port": PORT},
    "lineage_unclaim": {"dataset": DATASET},
    "lineage_dbt": {"metadata": {"adapter_type": "postgres"}, "nodes": {}, "sources": {}},
    "lineage_edge_draw": {
        "source": "dataset:kafka://broker:9092:order-events",
        "target": DATASET,
        "reason": "The old loader reports nothing.",
    },
    "lineage_namespace_claim": {"namespace": "postgres://warehouse:5432", "team": TEAM},
    "lineage_namespace_release": {"namespace": "postgres://warehouse:5432"},
    "lineage_sql": {
        "sql": "INSERT INTO orders_daily SELECT ordered_at::date, count(*) FROM orders GROUP BY 1",
        "namespace": "postgres://warehouse:5432",
        "dialect": "postgres",
        "default_schema": "sales.public",
        "job": {"namespace": "cron://sales", "name": "orders_daily"},
        "dry_run": True,
    },
    "mail_choose": {"decide": "soon", "mine": "daily", "own": "daily", "follow": "weekly"},
    "notifications_read": {"ids": [1, 2]},
    "operations_abandon_create": {"reason": "The schema is removed by hand, see ticket 4711."},
    "policy_create": POLICY,
    "policy_change": {"mend": "Write two sentences.", "severity": "high"},
    "policy_enforce": {"grace_until": UNTIL},
    "offer_writes": {"port": PORT, "offered": True},
    "product_edit": {"purpose": "Every order placed in any channel.", "tags": ["golden"]},
    "announcement_make": ANNOUNCEMENT,
    "announcement_edit": ANNOUNCEMENT,
    "comment_write": {"body": "How fresh is it on Mondays?"},
    "comment_edit": {"body": "How fresh is it on Monday mornings?"},
    "product_deprecate": {"successor": "sales.order-lines", "sunset_on": UNTIL},
    "product_hand_over": {"team": "web-analytics", "note": NOTE},
    "incident_report": {
        "title": "Orders of yesterday are missing",
        "detail": "The load ended early.",
        "severity": "major",
        "broke_at": "2026-11-26T06:00:00Z",
    },
    "quality_settings_change": {"score_threshold": 90, "downstream_hops": 2},
    "product_revert": {"revision": 1, "note": "Back to what it was."},
    "quality_results": RESULTS,
    "campaign_start": {
        "name": "First quarter",
        "scope": "domain:sales",
        "reason": "Once a quarter.",
        "until": UNTIL,
        "silence": "keep",
    },
    "campaign_decide": {"keep": [1, 2], "revoke": [3], "note": NOTE},
    "requests_create": {
        "blueprint": "sandbox",
        "parameters": {
            "name": "Returns trial",
            "purpose": "Find out which articles come back most often.",
            "until": UNTIL,
            "team": TEAM,
        },
        "purpose": "For the quarterly review of returns.",
    },
    "requests_decide": {"decision": "approve", "note": NOTE},
    "saved_search_create": SEARCH,
    "saved_search_update": {"follow": False},
    "service_account_create": {
        "team": TEAM,
        "name": "nightly-sync",
        "purpose": "Copies the catalogue into the wiki.",
        "role": "viewer",
    },
    "service_account_change": {"role": "contributor"},
    "system_put": SYSTEM,
    "target_register": TARGET | {"slug": "sales-lake", "driver": "postgres"},
    "target_change": {"name": "Lake of sales", "save_anyway": True},
    "term_create": TERM,
    "term_change": {"synonyms": ["order value", "basket value"]},
    "token_create": {"name": "nightly sync", "scopes": ["read"], "days": 90},
    "webhook_add": WEBHOOK | {"team": TEAM, "types": ["incident.opened"]},
    "webhook_change": {"types": ["incident.opened", "incident.resolved"]},
}


def with_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: bodies and main answers with an example each."""
    answers = _answers()
    for path in result["paths"].values():
        for operation in path.values():
            name = operation["operationId"]
            sent = operation.get("requestBody", {}).get("content", {})
            for media in sent.keys() & {JSON, "*/*"} if name in BODIES else ():
                sent[media]["example"] = BODIES[name]
            for status, answer in operation["responses"].items():
                given = answer.get("content", {}).get(JSON)
                if given is not None and name in answers.get(status, {}):
                    given["example"] = answers[status][name]
    return result


@cache
def _answers() -> dict[str, dict[str, Any]]:
    """`{status: {operation: answer}}`."""
    found: dict[str, dict[str, Any]] = json.loads(ANSWERS.read_text())
    return found
