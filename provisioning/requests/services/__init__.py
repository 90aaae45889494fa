"""Verbs on requests."""

from provisioning.requests.services.amending import amend
from provisioning.requests.services.deciding import cancel, decide
from provisioning.requests.services.delegating import LONGEST, delegate, end_delegation
from provisioning.requests.services.escalating import escalate_overdue, remind
from provisioning.requests.services.following import follow_operation, follow_retry
from provisioning.requests.services.ruling import (
    condition_problems,
    retire_rule,
    save_rule,
    try_rule,
)
from provisioning.requests.services.submitting import submit

__all__ = [
    "LONGEST",
    "amend",
    "cancel",
    "condition_problems",
    "decide",
    "delegate",
    "end_delegation",
    "escalate_overdue",
    "follow_operation",
    "follow_retry",
    "remind",
    "retire_rule",
    "save_rule",
    "submit",
    "try_rule",
]
