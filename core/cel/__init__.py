"""Rules in CEL: checked before they are kept, decided in a process of their own.

`check` says what is wrong with a rule and where; `decide` answers it for each of many inputs.
Neither ever runs the library in the calling process (docs/decisions/0004).
"""

from core.cel.limits import MAX_LIST, MAX_MACROS, MAX_NESTING, MAX_SOURCE, RuleProblem
from core.cel.rules import NOT_A_DECISION, Verdict, check, decide

__all__ = [
    "MAX_LIST",
    "MAX_MACROS",
    "MAX_NESTING",
    "MAX_SOURCE",
    "NOT_A_DECISION",
    "RuleProblem",
    "Verdict",
    "check",
    "decide",
]
