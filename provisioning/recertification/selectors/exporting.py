"""What an auditor takes along: every review of a campaign with its outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from accounts.actors import Actor
from provisioning.access.selectors import consumer_of
from provisioning.recertification.models import Campaign
from provisioning.recertification.selectors.reading import reviews_for_lists

CHUNK = 500  # rows in memory
EXPORT_HEADER = (
    *("campaign", "port", "product", "owner", "reader", "purpose", "since", "until"),
    *("last_seen", "outcome", "decided_by", "decided_at", "note", "grant", "mode"),
)


def export_rows(campaign: Campaign, actor: Actor) -> Iterator[tuple[Any, ...]]:
    """Rows under `EXPORT_HEADER`, as far as the actor may see them."""
    for each in reviews_for_lists(campaign, actor).iterator(chunk_size=CHUNK):
        grant = each.grant
        yield (
            campaign.name,
            grant.port.fqn,
            grant.port.product.fqn,
            grant.port.product.owner.slug,
            consumer_of(grant).text,
            grant.purpose,
            _moment(grant.starts_at),
            _moment(grant.until),
            _moment(getattr(each, "last_seen_at", None)),
            each.get_state_display(),
            each.decided_by.username if each.decided_by else "",
            _moment(each.decided_at),
            each.note,
            str(grant.pk),
            grant.mode,
        )


def _moment(at: dt.datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
