"""What the company agreed on: its words, its classes, its rules."""

from catalog.governance.models.classes import ClassificationLevel
from catalog.governance.models.policies import (
    Evaluation,
    Policy,
    PolicyQuerySet,
    PolicyVersion,
)
from catalog.governance.models.terms import Term, TermQuerySet

__all__ = [
    "ClassificationLevel",
    "Evaluation",
    "Policy",
    "PolicyQuerySet",
    "PolicyVersion",
    "Term",
    "TermQuerySet",
]
