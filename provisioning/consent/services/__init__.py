"""Verbs of consent: ask, answer, overrule."""

from provisioning.consent.services.answering import AnswerData, answer_consent, overrule_consent
from provisioning.consent.services.asking import ask_consumers, forget_moves

__all__ = [
    "AnswerData",
    "answer_consent",
    "ask_consumers",
    "forget_moves",
    "overrule_consent",
]
