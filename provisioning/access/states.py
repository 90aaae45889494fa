from django.db.models import TextChoices


class GrantState(TextChoices):
    PENDING = "pending", "Being set up"
    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"


LIVE = frozenset({GrantState.PENDING, GrantState.ACTIVE})
