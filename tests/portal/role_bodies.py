"""What the matrix sends: bodies and queries by route."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

UNKNOWN_ID = "0190c8a5-7c1e-7000-8000-000000000000"
REJECTION = {"decision": "reject", "note": "Not needed"}
TEAM = {"team": "sales-team"}
NOTE = {"note": "Loaded again"}
ALWAYS = 'condition: "true", outcome: {approve: true}'
NEXT_WEEK = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7)
ANNOUNCEMENT = {"kind": "news", "title": "All is well"}
WAITING = "dataset:postgres://db:5432:waits"
CLAIM = {"dataset": WAITING, "port": "sales.orders/table@1"}
EDGE = {"source": WAITING, "target": "dataset:postgres://db:5432:a.b.c", "reason": "Known"}
NAMESPACE = {"namespace": "postgres://db:5432", "team": "sales-team"}
CLAIMED = {"namespace": "s3://sales-exports"}
WEIGHTS = dict.fromkeys(
    ["accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness"], 1
) | {"uniqueness": 2}
BODIES: dict[str, Mapping[str, Any]] = {
    "quality:weights": WEIGHTS,
    "products:retire": {"confirm": "orders"},
    "products:hand-over": {"team": "marketing-team"},
    "rest:product-hand-over": {"team": "marketing-team"},
    "rest:product-revert": {"revision": 1},
    "requests:decide": REJECTION,
    "requests:decide-several": REJECTION,
    "rest:rest-request-decision": REJECTION,
    "rest:rest-approvals-decide": {**REJECTION, "requests": [UNKNOWN_ID]},
    "rest:rest-access-request-amend": {"purpose": "x"},
    "access:revoke": {"confirm": "table"},
    "consent:answer": {"answer": "accept"},
    "consent:overrule": {"note": "It cannot wait"},
    "rest:rest-consent-answer": {"answer": "accept"},
    "rest:rest-consent-overrule": {"note": "It cannot wait"},
    "drivers:target-retire": {"confirm": "lake"},
    "drivers:target-new": {"driver": "postgres"},
    "rest:target": {"save_anyway": True},
    "feed:webhook-act": {"do": "test"},
    "rest:webhook": {"url": "https://93.184.215.14/hook"},
    "products:announcement-new": ANNOUNCEMENT,
    "products:announcement-edit": ANNOUNCEMENT,
    "products:comment-new": {"body": "Thank you"},
    "products:comment-edit": {"body": "Thank you"},
    "portal:domain-edit": {"purpose": "Orders", "field_schema": ""},
    "rest:announcements": ANNOUNCEMENT,
    "rest:comments": {"body": "Thank you"},
    "rest:comment": {"body": "Thank you"},
    "rest:system": {"name": "Till", "team": "sales-team"},
    "products:demand-take": TEAM,
    "rest:demand-take": TEAM,
    "quality:incident-note": NOTE,
    "quality:incident-resolve": NOTE,
    "quality:incident-new": {"title": "Wrong"},
    "quality:settings": {"downstream_hops": "2"},
    "rest:incident-notes": NOTE,
    "rest:incident-resolve": NOTE,
    "rest:product-incidents": {"title": "Wrong"},
    "rest:quality-settings": {"downstream_hops": 2},
    "lineage:claim": CLAIM,
    "lineage:unclaim": CLAIM,
    "lineage:edge-new": EDGE,
    "lineage:namespace-claim": NAMESPACE,
    "lineage:namespace-release": CLAIMED,
    "rest:lineage-namespaces": NAMESPACE,
    "rest:lineage-namespace-release": CLAIMED,
    "rest:lineage-claim": CLAIM,
    "rest:lineage-unclaim": {"dataset": CLAIM["dataset"]},
    "rest:lineage-edges": EDGE,
}
TARGET_PLACES = {
    *("drivers:target", "drivers:target-edit", "drivers:target-check", "drivers:target-retire"),
    *("rest:target", "rest:target-check"),
}
QUERIES = {
    "rest:lineage": "nodeId=product:sales.orders",
    "rest:lineage-impact": "nodeId=product:sales.orders",
    "rest:lineage-sources": "nodeId=product:sales.orders",
    "rest:lineage-path": "from=product:sales.orders&to=product:sales.orders",
}
