"""What the answers about services look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import (
    COUNT,
    FLAG,
    FREE,
    MOMENT,
    NUMBER,
    TEXT,
    TEXTS,
    URL,
    about,
    extended,
    listed,
    maybe,
    record,
)

BLUEPRINT = record(
    "Blueprint",
    {
        "name": TEXT,
        "title": TEXT,
        "summary": TEXT,
        "version": maybe(COUNT),
        "owner": about(TEXT, "slug of the team"),
        "lead_time_s": maybe(NUMBER, "median of seconds from request to ready; null: unknown"),
        "url": URL,
    },
)
BLUEPRINT_IN_FULL = extended(
    "BlueprintInFull",
    BLUEPRINT,
    {
        "makes": about(TEXT, "kind of what it makes"),
        "schema": about(FREE, "JSON Schema 2020-12 of `parameters`"),
        "example": about(FREE, "parameters that keep it"),
        "gets": about(TEXTS, "what one gets, in words"),
        "steps": TEXTS,
        "approval": about(TEXT, "who decides"),
        "cost": maybe(FREE),
        "quota": maybe(FREE),
        "withdrawn": FLAG,
        "document": about(TEXT, "the document as it was published"),
        "versions": listed(
            record(
                "BlueprintVersion",
                {
                    "version": COUNT,
                    "created_at": MOMENT,
                    "created_by": TEXT,
                    "made": about(COUNT, "how many things it made"),
                },
            )
        ),
    },
)
PUBLISHED = record(
    "PublishedBlueprint",
    {"name": TEXT, "version": COUNT, "action": about(TEXT, "create, update or unchanged")},
)
CHECKED = record("", {"valid": FLAG})
PUBLISHED_OR_CHECKED = {"anyOf": [PUBLISHED, CHECKED]}
FROM_BROKER = record("", {"results": listed(PUBLISHED)})
WITHDRAWN = record("", {"name": TEXT, "withdrawn": FLAG})
