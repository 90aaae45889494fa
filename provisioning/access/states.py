"""States of a grant."""

from django.db.models import TextChoices


class GrantState(TextChoices):
    PENDING = "pending", "Being set up"
    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"


LIVE = frozenset({GrantState.PENDING, GrantState.ACTIVE})

SOURCES: dict[GrantState, frozenset[GrantState]] = {  # target: states it is entered from
    GrantState.PENDING: frozenset({GrantState.REVOKED}),  # a set-up that failed is retried
    GrantState.ACTIVE: frozenset({GrantState.PENDING}),
    GrantState.EXPIRED: LIVE,
    GrantState.REVOKED: LIVE,
}
