"""Columns of grants. Credentials are never read here."""

from __future__ import annotations

CONSUMERS = {  # how the interfaces write a consumer: where its name stands
    "team": "consumer_team__slug",
    "user": "consumer_user__username",
    "product": "consumer_product__fqn",
}
GRANT = (
    "id",
    "state",
    "port_id",
    "request_id",
    "mode",
    "purpose",
    "legal_basis",
    "narrow",
    "identity",
    "starts_at",
    "until",
    "ended_at",
    "end_reason",
    "removed_at",
    *CONSUMERS.values(),
)
