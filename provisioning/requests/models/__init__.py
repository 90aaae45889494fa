"""Requests, who has to agree to them, and what was decided."""

from provisioning.requests.models.approvals import (
    DECIDING_ROLES,
    ROLE_NAMES,
    Approval,
    ApprovalQuerySet,
    Decision,
    Delegation,
    DelegationQuerySet,
)
from provisioning.requests.models.requests import NextNumber, Request, RequestQuerySet
from provisioning.requests.models.rules import (
    DecisionRule,
    DecisionRuleQuerySet,
    RuleVersion,
)

__all__ = [
    "DECIDING_ROLES",
    "ROLE_NAMES",
    "Approval",
    "ApprovalQuerySet",
    "Decision",
    "DecisionRule",
    "DecisionRuleQuerySet",
    "Delegation",
    "DelegationQuerySet",
    "NextNumber",
    "Request",
    "RequestQuerySet",
    "RuleVersion",
]
