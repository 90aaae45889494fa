"""Verbs of recertification: start, decide, stop, and what the calendar does."""

from provisioning.recertification.services.closing import (
    close_due,
    record_export,
    remind_of_reviews,
    stop_campaign,
)
from provisioning.recertification.services.deciding import decide_reviews
from provisioning.recertification.services.starting import start_campaign

__all__ = [
    "close_due",
    "decide_reviews",
    "record_export",
    "remind_of_reviews",
    "start_campaign",
    "stop_campaign",
]
