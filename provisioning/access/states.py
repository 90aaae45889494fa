"""States of a grant and of its extensions."""

from django.db.models import TextChoices


class GrantState(TextChoices):
    PENDING = "pending", "Being set up"
    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"


class AccessMode(TextChoices):
    """What a consumer may do with the rows of a port."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"


COVERED_BY: dict[str, frozenset[AccessMode]] = {  # who has one of these has it already
    AccessMode.READ: frozenset({AccessMode.READ, AccessMode.WRITE}),
    AccessMode.WRITE: frozenset({AccessMode.WRITE}),
}

LIVE = frozenset({GrantState.PENDING, GrantState.ACTIVE})

SOURCES: dict[GrantState, frozenset[GrantState]] = {  # target: states it is entered from
    GrantState.PENDING: frozenset({GrantState.REVOKED}),  # a set-up that failed is retried
    GrantState.ACTIVE: frozenset({GrantState.PENDING}),
    GrantState.EXPIRED: LIVE,
    GrantState.REVOKED: LIVE,
}


class ExtensionState(TextChoices):
    """Of an agreed extension: whether the target knows the later day yet."""

    PENDING = "pending", "Being made longer"
    APPLIED = "applied", "In force"
    FAILED = "failed", "Failed"


EXTENSION_SOURCES: dict[ExtensionState, frozenset[ExtensionState]] = {
    ExtensionState.PENDING: frozenset({ExtensionState.FAILED}),  # it is tried again
    ExtensionState.APPLIED: frozenset({ExtensionState.PENDING}),
    ExtensionState.FAILED: frozenset({ExtensionState.PENDING}),
}


class LegalBasis(TextChoices):
    """Why personal data may be processed: Article 6(1) of Regulation (EU) 2016/679."""

    CONSENT = "consent", "Consent of the persons"
    CONTRACT = "contract", "Performance of a contract"
    OBLIGATION = "legal-obligation", "Legal obligation"
    VITAL = "vital-interests", "Vital interests"
    PUBLIC = "public-task", "Public task"
    LEGITIMATE = "legitimate-interest", "Legitimate interest"
