"""Pages of requests and decisions."""

from provisioning.requests.views.approvals import approvals, decide
from provisioning.requests.views.requests import again, cancel, request_page, requests

__all__ = ["again", "approvals", "cancel", "decide", "request_page", "requests"]
