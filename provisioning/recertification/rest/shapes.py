"""What the answers about recertification look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import COUNT, MOMENT, TEXT, URL, UUID, WHOLE, about, maybe, one_of, record
from provisioning.recertification.states import ReviewState, Silence

CAMPAIGN = record(
    "Campaign",
    {
        "id": UUID,
        "name": TEXT,
        "scope": about(TEXT, "company, class:<slug>, domain:<path> or port:<fqn>"),
        "reason": TEXT,
        "silence": one_of(Silence.values, "what becomes of what nobody decides"),
        "created_by": about(TEXT, "user name"),
        "created_at": MOMENT,
        "due_at": MOMENT,
        "closed_at": maybe(MOMENT),
        "reviews": record("ReviewCounts", dict.fromkeys(ReviewState.values, COUNT)),
        "url": URL,
    },
)
REVIEW = record(
    "Review",
    {
        "id": WHOLE,
        "state": one_of(ReviewState.values),
        "grant": UUID,
        "port": about(TEXT, "fqn"),
        "consumer": about(TEXT, "team:, user: or product: and its name"),
        "purpose": TEXT,
        "since": MOMENT,
        "until": MOMENT,
        "last_seen_at": maybe(MOMENT, "when it was last read; null: never"),
        "decided_by": maybe(TEXT, "user name"),
        "decided_at": maybe(MOMENT),
        "note": TEXT,
    },
)
