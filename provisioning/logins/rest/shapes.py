"""What the answers about logins look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import FLAG, MOMENT, TEXT, UUID, about, maybe, one_of, record
from provisioning.logins.states import LoginState

LOGIN = record(
    "ResourceLogin",
    {
        "id": UUID,
        "holder": about(TEXT, "user name"),
        "username": about(TEXT, "in the target; empty until it is made"),
        "state": one_of(LoginState.values),
        "asked_at": MOMENT,
        "made_at": maybe(MOMENT, "when its present password was made"),
        "revealed_at": maybe(MOMENT, "when its holder saw that"),
        "ended_at": maybe(MOMENT),
    },
)
CREDENTIAL = record(
    "ResourceCredential",
    {
        "username": TEXT,
        "password": TEXT,
        "dsn": about(TEXT, "all of it as one address"),
        "host": TEXT,
        "port": TEXT,
        "dbname": TEXT,
    },
    description="A login, shown once.",
)
ASKED = {
    "type": "object",
    "properties": {
        "renew": about(FLAG, "have a new password made instead of asking for that of now"),
    },
}
