"""Reads over policies, terms and classes."""

from catalog.governance.selectors.classes import (
    classification_problem,
    levels,
)
from catalog.governance.selectors.judging import (
    Finding,
    WhatIf,
    findings,
    known_facts,
    policy_problems,
    what_if,
)
from catalog.governance.selectors.policies import (
    PolicyRow,
    policy_by_slug,
    policy_rows,
    standing_versions,
)
from catalog.governance.selectors.terms import term_by_id, terms_matching, terms_named

__all__ = [
    "Finding",
    "PolicyRow",
    "WhatIf",
    "classification_problem",
    "findings",
    "known_facts",
    "levels",
    "policy_by_slug",
    "policy_problems",
    "policy_rows",
    "standing_versions",
    "term_by_id",
    "terms_matching",
    "terms_named",
    "what_if",
]
