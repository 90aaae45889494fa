"""Verbs on blueprints, drafts, and asking for a service."""

from provisioning.blueprints.services.drafting import draft_of, drop_draft, save_draft
from provisioning.blueprints.services.registering import register_blueprint, register_builtin
from provisioning.blueprints.services.requesting import request_service, submit_draft

__all__ = [
    "draft_of",
    "drop_draft",
    "register_blueprint",
    "register_builtin",
    "request_service",
    "save_draft",
    "submit_draft",
]
