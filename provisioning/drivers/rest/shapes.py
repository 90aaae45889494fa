"""What the answers about targets look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import FREE, MOMENT, TEXT, TEXTS, URL, about, maybe, record

TARGET = record(
    "Target",
    {
        "slug": TEXT,
        "name": TEXT,
        "driver": about(TEXT, "one of `target-kinds`"),
        "team": about(TEXT, "slug"),
        "config": about(FREE, "as `target-kinds` says"),
        "secrets": about(TEXTS, "names of those that it has; their values are never told"),
        "health": record(
            "TargetHealth",
            {
                "ok": maybe({"type": "boolean"}, "null: not asked yet"),
                "message": TEXT,
                "checked_at": maybe(MOMENT),
                "checked_by": TEXT,
            },
        ),
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "url": URL,
    },
)
KIND = record(
    "TargetKind",
    {
        "driver": TEXT,
        "label": TEXT,
        "summary": TEXT,
        "config": about(FREE, "JSON Schema of `config`"),
        "secrets": about(FREE, "JSON Schema of `secrets`"),
    },
)
