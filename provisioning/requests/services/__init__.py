"""Verbs on requests."""

from provisioning.requests.services.deciding import cancel, decide
from provisioning.requests.services.following import follow_operation, follow_retry
from provisioning.requests.services.submitting import submit

__all__ = ["cancel", "decide", "follow_operation", "follow_retry", "submit"]
