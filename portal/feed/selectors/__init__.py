"""Reads of the feed and of webhooks."""

from portal.feed.selectors.reading import FeedPage, described, feed_page, position_in
from portal.feed.selectors.webhooks import (
    counts_of,
    deliveries_of,
    webhook_of,
    webhooks_for_lists,
)

__all__ = [
    "FeedPage",
    "counts_of",
    "deliveries_of",
    "described",
    "feed_page",
    "position_in",
    "webhook_of",
    "webhooks_for_lists",
]
