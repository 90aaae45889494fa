"""What the answers about consents look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import DAY, MOMENT, TEXT, UUID, WHOLE, about, maybe, one_of, record
from provisioning.consent.states import ConsentState

CONSENT = record(
    "Consent",
    {
        "id": WHOLE,
        "state": one_of(ConsentState.values),
        "grant": UUID,
        "port": about(TEXT, "fqn"),
        "consumer": about(TEXT, "team:, user: or product: and its name"),
        "to": about(TEXT, "version of the contract that breaks it"),
        "on": about(DAY, "the day of the change"),
        "wants_until": maybe(DAY),
        "note": TEXT,
        "answered_by": maybe(TEXT, "user name"),
        "answered_at": maybe(MOMENT),
        "overruled_why": TEXT,
    },
)
