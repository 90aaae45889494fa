"""What changed between two texts, line by line, with some lines around."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

CONTEXT = 3  # lines that did not change, shown around what did
MOST_LINES = 2000


@dataclass(frozen=True)
class Line:
    """`mark` is +, -, a blank, or @ where unchanged lines are left out."""

    mark: str
    text: str


def lines_of(before: str, after: str) -> list[Line]:
    """The changed lines with those around them; empty when both say the same.

    Cost: difflib's; quadratic for texts that have hardly a line in common.
    """
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=CONTEXT)
    lines = [Line(each[:1], each[1:]) for each in list(found)[2 : MOST_LINES + 2]]
    return [Line("@", "…") if each.mark == "@" else each for each in lines]
