"""Pages of requests and decisions."""

from provisioning.requests.views.approvals import approvals, decide
from provisioning.requests.views.requests import cancel, request_page, requests

__all__ = ["approvals", "cancel", "decide", "request_page", "requests"]
