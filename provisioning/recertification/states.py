"""States of a campaign's reviews, and what silence means."""

from django.db.models import TextChoices


class ReviewState(TextChoices):
    """One grant that is looked at again."""

    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    REVOKED = "revoked", "Ended"
    GONE = "gone", "Ended before"  # by itself or by others, before anybody decided
    DROPPED = "dropped", "Not asked any more"  # the campaign was stopped


class Silence(TextChoices):
    """What becomes of a grant on which nobody has decided by the campaign's last day."""

    KEEP = "keep", "It goes on"
    REVOKE = "revoke", "It ends"
