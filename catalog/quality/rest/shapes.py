"""What the answers about quality look like, for the OpenAPI document."""

from __future__ import annotations

from catalog.quality.states import (
    Cause,
    Dimension,
    EventKind,
    IncidentState,
    Outcome,
    Severity,
)
from core.openapi import (
    COUNT,
    DAY,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    URL,
    UUID,
    WHOLE,
    Shape,
    about,
    extended,
    keyed,
    listed,
    maybe,
    one_of,
    record,
)

PERCENT: Shape = {"type": "number", "minimum": 0, "maximum": 100}
SHARE: Shape = {"type": "number", "minimum": 0, "maximum": 1}
DIMENSION = one_of(Dimension.values)
OUTCOME = one_of(Outcome.values)

CHECK = record(
    "QualityCheck",
    {
        "id": WHOLE,
        "key": about(TEXT, "stable in its port"),
        "port": about(TEXT, "fqn of the port"),
        "name": TEXT,
        "dimension": maybe(DIMENSION),
        "origin": about(TEXT, "`contract`, `implied`, `sla`, or the tool that sent it"),
        "demand": maybe(TEXT, "what it demands, in words"),
        "note": maybe(TEXT, "why the portal does not run it, or not as the contract says"),
        "weight": about(NUMBER, "by severity"),
        "outcome": maybe(OUTCOME, "of its last run; null: it never ran"),
        "score": maybe(PERCENT),
        "evaluated": maybe(COUNT, "rows looked at"),
        "failed": maybe(COUNT, "rows that break it"),
        "value": maybe(NUMBER, "what was measured"),
        "message": TEXT,
        "measured_at": maybe(MOMENT),
        "runnable": about(FLAG, "the portal runs it"),
    },
)
CHECK_IN_FULL = extended(
    "QualityCheckInFull",
    CHECK,
    {
        "active": about(FLAG, "the contract still asks for it"),
        "definition": {"type": "object", "additionalProperties": True},
        "source": maybe(
            record("", {"contract": UUID, "version": TEXT, "pointer": about(TEXT, "into it")}),
            "where the contract says so; null: it does not",
        ),
    },
)
RESULT = record(
    "CheckResult",
    {
        "at": MOMENT,
        "outcome": OUTCOME,
        "evaluated": maybe(COUNT),
        "failed": maybe(COUNT),
        "value": maybe(NUMBER),
        "message": TEXT,
        "source": about(TEXT, "`portal`, or the tool that sent it"),
        "operation_id": maybe(UUID, "the operation that measured"),
    },
)
STALENESS = record(
    "",
    {
        "is_stale": FLAG,
        "late_since": maybe(MOMENT, "its data is later than promised since then"),
        "unmeasured_since": maybe(MOMENT, "no check ran in time since then"),
        "causes": listed(
            record(
                "LateCause",
                {
                    "product": maybe(TEXT, "fqn; null: one that you may not see"),
                    "distance": about(COUNT, "hops upstream"),
                    "written_at": maybe(MOMENT),
                    "late_since": maybe(MOMENT),
                },
            )
        ),
    },
)
QUALITY = record(
    "ProductQuality",
    {
        "score": maybe(PERCENT, "null: nothing is measured"),
        "coverage": about(SHARE, "of the checks that were measured"),
        "measured_at": maybe(MOMENT),
        "stale": FLAG,
        "dimensions": listed(
            record(
                "DimensionScore",
                {
                    "dimension": DIMENSION,
                    "score": PERCENT,
                    "weight": about(SHARE, "of the score; all sum to 1"),
                    "checks": COUNT,
                },
            )
        ),
        "trend": listed(
            record("ScorePoint", {"day": DAY, "score": PERCENT, "coverage": SHARE}),
            "a day without a point: no score held",
        ),
        "explanation": listed(
            record(
                "ScoreLoss",
                {
                    "id": maybe(WHOLE, "of the check; null: all others together"),
                    "check": about(TEXT, "its name"),
                    "dimension": maybe(DIMENSION),
                    "lost_points": about(NUMBER, "of 100, exact"),
                    "shown": about(NUMBER, "as pages show it: adds up to the score"),
                },
            )
        ),
        "completeness": record(
            "Completeness",
            {
                "score": PERCENT,
                "aspects": listed(record("", {"name": TEXT, "share": SHARE, "to_do": maybe(TEXT)})),
            },
            description="How well the product is described; no part of the score",
        ),
        "checks": listed(CHECK, "those that fail first"),
        "checks_count": COUNT,
        "checks_next": maybe(URL, "the others"),
        "staleness": maybe(STALENESS),
    },
)
HEAT_ROW = record(
    "QualityOfDomainRow",
    {
        "product": about(TEXT, "fqn"),
        "score": maybe(PERCENT),
        "coverage": SHARE,
        "stale": FLAG,
        "dimensions": keyed(PERCENT, "by name; those that are measured"),
    },
)
WEIGHTS = record(
    "DimensionWeights",
    {
        "weights": keyed(NUMBER, "by dimension, relative to each other"),
        "source": maybe(TEXT, "path of the domain that says so; null: each counts the same"),
    },
)
BADGE = record("BadgeLink", {"url": URL, "created_by": TEXT, "created_at": MOMENT})
INCIDENT = record(
    "Incident",
    {
        "id": UUID,
        "title": TEXT,
        "detail": TEXT,
        "state": one_of(IncidentState.values),
        "severity": one_of(Severity.values),
        "cause": one_of(Cause.values),
        "product": about(TEXT, "fqn"),
        "team": about(TEXT, "slug of the owner"),
        "port": maybe(TEXT, "fqn; null: all of the product"),
        "assignee": maybe(TEXT, "user name"),
        "broke_at": about(MOMENT, "the first bad result"),
        "detected_at": MOMENT,
        "acknowledged_at": maybe(MOMENT),
        "resolved_at": maybe(MOMENT),
        "failures": about(COUNT, "bad results since it broke"),
        "reopened": about(COUNT, "how often"),
        "url": URL,
    },
)
INCIDENT_IN_FULL = extended(
    "IncidentInFull",
    INCIDENT,
    {
        "check": maybe(record("", {"key": TEXT, "name": TEXT})),
        "events": listed(
            record(
                "IncidentEvent",
                {
                    "at": MOMENT,
                    "kind": one_of(EventKind.values),
                    "actor": maybe(TEXT, "null: the portal"),
                    "person": maybe(TEXT, "who was assigned"),
                    "note": TEXT,
                },
            ),
            "the timeline",
        ),
    },
)
SETTINGS = record(
    "QualitySettings",
    {
        "score_threshold": maybe(PERCENT, "a score below it is an incident; null: none is"),
        "downstream_hops": about(COUNT, "how far downstream an incident is shown"),
        "watches_promises": about(FLAG, "late data is an incident"),
        "watches_anomalies": about(FLAG, "an unusual number of rows is one"),
    },
)
TAKEN = record(
    "TakenResults",
    {
        "format": about(TEXT, "what was detected"),
        "received": COUNT,
        "stored": COUNT,
        "unchanged": about(COUNT, "had been sent before"),
        "unmatched": listed(record("", {"namespace": TEXT, "dataset": TEXT})),
        "problems": listed({"type": "object", "additionalProperties": True}),
    },
)
