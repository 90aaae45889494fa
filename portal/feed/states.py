"""States of deliveries, and how long to wait between two tries of one."""

import datetime as dt

from django.db.models import TextChoices


class DeliveryState(TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


# After the first try, the second, ...; the retry schedule that Standard Webhooks recommends.
PAUSES = (
    dt.timedelta(seconds=5),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=5),
    dt.timedelta(hours=10),
    dt.timedelta(hours=14),
)
MOST_TRIES = len(PAUSES) + 1
LONGEST_REST = dt.timedelta(minutes=5)  # of a webhook after failures one upon the other


def rest_after(failures: int) -> dt.timedelta:
    """How long a receiver is left alone after so many failures in a row: 1, 2, 4, ... 300 s."""
    return min(LONGEST_REST, dt.timedelta(seconds=2 ** min(max(failures - 1, 0), 10)))
