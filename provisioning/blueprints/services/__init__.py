"""Verbs on blueprints, drafts, asking for a service, and for changes of what one made."""

from provisioning.blueprints.services.drafting import draft_of, drop_draft, save_draft, start_over
from provisioning.blueprints.services.expiring import retire_expired, warn_expiring
from provisioning.blueprints.services.from_broker import register_offers
from provisioning.blueprints.services.recording import record_made, resource_of
from provisioning.blueprints.services.registering import (
    check_blueprint,
    offer_waiting,
    register_blueprint,
    register_builtin,
    withdraw_blueprint,
)
from provisioning.blueprints.services.requesting import (
    request_action,
    request_change,
    request_retirement,
    request_service,
    submit_draft,
)
from provisioning.blueprints.services.starting import result_of, start_making

__all__ = [
    "check_blueprint",
    "draft_of",
    "drop_draft",
    "offer_waiting",
    "record_made",
    "register_blueprint",
    "register_builtin",
    "register_offers",
    "request_action",
    "request_change",
    "request_retirement",
    "request_service",
    "resource_of",
    "result_of",
    "retire_expired",
    "save_draft",
    "start_making",
    "start_over",
    "submit_draft",
    "warn_expiring",
    "withdraw_blueprint",
]
