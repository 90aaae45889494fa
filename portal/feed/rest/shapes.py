"""What the answers about events and webhooks look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import (
    ANYTHING,
    COUNT,
    FLAG,
    MOMENT,
    TEXT,
    TEXTS,
    URL,
    UUID,
    WHOLE,
    Shape,
    about,
    extended,
    listed,
    maybe,
    one_of,
    record,
)
from portal.feed.states import DeliveryState

SUBJECT = record("EventSubject", {"kind": TEXT, "id": TEXT, "name": TEXT, "url": URL})
DATA: Shape = {
    "type": "object",
    "properties": {"subject": SUBJECT},
    "required": ["subject"],
    "additionalProperties": True,
    "description": "what it is about, and the facts that `event-types` names",
}
EVENT = record(
    "Event",
    {
        "id": about(UUID, "the same for every reader and for webhooks"),
        "position": about(COUNT, "keep it, and ask with `after`"),
        "type": about(TEXT, "one of `event-types`"),
        "timestamp": MOMENT,
        "data": DATA,
    },
)
FEED = record(
    "",
    {
        "results": listed(EVENT),
        "position": about(COUNT, "read so far; `after` of the next call"),
        "next": maybe(URL, "more that is there now; null: nothing"),
    },
)
EVENT_TYPE = record(
    "EventType",
    {
        "name": TEXT,
        "subject": about(TEXT, "kind of what it is about"),
        "facts": about(TEXTS, "members of `data` beside the subject"),
        "description": TEXT,
    },
)
WEBHOOK = record(
    "Webhook",
    {
        "id": UUID,
        "team": about(TEXT, "slug"),
        "name": TEXT,
        "url": URL,
        "types": about(TEXTS, "names or groups of `event-types`; none: all"),
        "own_only": about(FLAG, "what belongs to the team, or all that it may see"),
        "state": TEXT,
        "disabled_at": maybe(MOMENT),
        "disabled_reason": TEXT,
        "failing_since": maybe(MOMENT),
        "created_by": TEXT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "page": URL,
    },
)
SECRET = maybe(TEXT, "shown this once; null where the answer is given again")
NEW_WEBHOOK = extended("NewWebhook", WEBHOOK, {"secret": SECRET})
NEW_SECRET = record("", {"secret": SECRET})
DELIVERY = record(
    "Delivery",
    {
        "id": WHOLE,
        "event_id": UUID,
        "position": maybe(WHOLE, "in the feed; null: a try by hand"),
        "type": TEXT,
        "state": one_of(DeliveryState.values),
        "next_at": maybe(MOMENT),
        "tries": listed(ANYTHING, "when, what was answered, and how long it took"),
        "body": about(TEXT, "what is sent"),
        "created_at": MOMENT,
        "finished_at": maybe(MOMENT),
    },
)
REDELIVERED = record("", {"count": COUNT})
