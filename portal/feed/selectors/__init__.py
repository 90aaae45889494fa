"""Reads of the feed and of webhooks."""

from portal.feed.selectors.reading import FeedPage, feed_page, position_in
from portal.feed.selectors.webhooks import (
    counts_of,
    deliveries_of,
    skipped_for,
    webhook_of,
    webhooks_for_lists,
)

__all__ = [
    "FeedPage",
    "counts_of",
    "deliveries_of",
    "feed_page",
    "position_in",
    "skipped_for",
    "webhook_of",
    "webhooks_for_lists",
]
