"""What changed between two ODCS documents, how much it matters, and to whom.

A document is a promise of a producer to consumers. What widens the data (a new enum value, a limit
let go, nulls allowed) can break a consumer; what narrows it can break the producer, who must keep
more than before. Numeric types that grow are compatible, as in every table format in use.
"""

from catalog.contracts.formats.odcs_diff.advice import Summary, bump_between, summarise
from catalog.contracts.formats.odcs_diff.changes import LEVELS, Change, Direction, Level
from catalog.contracts.formats.odcs_diff.document import diff

__all__ = [
    "LEVELS",
    "Change",
    "Direction",
    "Level",
    "Summary",
    "bump_between",
    "diff",
    "summarise",
]
