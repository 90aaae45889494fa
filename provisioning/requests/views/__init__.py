"""Pages of requests, of decisions, and of who decides."""

from provisioning.requests.views.approvals import approvals, decide, decide_several
from provisioning.requests.views.deputies import deputies, end_deputy
from provisioning.requests.views.requests import again, cancel, remind, request_page, requests
from provisioning.requests.views.rules import check_rule, new_rule, retire_rule, rule, rules

__all__ = [
    "again",
    "approvals",
    "cancel",
    "check_rule",
    "decide",
    "decide_several",
    "deputies",
    "end_deputy",
    "new_rule",
    "remind",
    "request_page",
    "requests",
    "retire_rule",
    "rule",
    "rules",
]
