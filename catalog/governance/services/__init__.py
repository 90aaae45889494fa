"""Verbs on policies, terms and classes."""

from catalog.governance.data import Enforcement, PolicyData, TermData
from catalog.governance.services.classes import put_level
from catalog.governance.services.evaluating import evaluate_subjects, subjects_changed
from catalog.governance.services.terms import TermInUse, put_term, remove_term
from catalog.governance.services.writing import enforce_policy, retire_policy, save_policy

__all__ = [
    "Enforcement",
    "PolicyData",
    "TermData",
    "TermInUse",
    "enforce_policy",
    "evaluate_subjects",
    "put_level",
    "put_term",
    "remove_term",
    "retire_policy",
    "save_policy",
    "subjects_changed",
]
