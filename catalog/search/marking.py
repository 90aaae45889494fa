"""Texts with what was searched for marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalog.search.words import parts, runs

EXCERPT = 12  # characters on each side of a hit in a description


@dataclass(frozen=True)
class TextPart:
    """A piece of a text; `hit` when it is what was searched for."""

    text: str
    hit: bool


def marked(text: str, asked: str) -> list[TextPart]:
    """`text` in pieces; those that answer to `asked` are hits: `order id` marks `order_id`."""
    pattern = _pattern(asked)
    if pattern is None or not text:
        return [TextPart(text, hit=False)] if text else []
    pieces = pattern.split(text)  # hits stand at the odd places
    return [TextPart(piece, hit=at % 2 == 1) for at, piece in enumerate(pieces) if piece]


def excerpt(text: str, asked: str) -> str:
    """A few words of `text` around its first hit."""
    pattern = _pattern(asked)
    found = pattern.search(text) if pattern else None
    start, end = found.span() if found else (0, 0)
    before = text[:start][-EXCERPT:]
    after = text[end:][:EXCERPT]
    if start > EXCERPT:
        before = "…" + before.partition(" ")[2]
    if len(text) - end > EXCERPT:
        after = after.rpartition(" ")[0] + "…"
    return before + text[start:end] + after


def _pattern(asked: str) -> re.Pattern[str] | None:
    words = [[re.escape(part) for part in parts(run)] for run in runs(asked)]
    if not words:
        return None
    whole = r"[\W_]*".join(part for word in words for part in word)
    single = sorted({r"[\W_]*".join(word) for word in words}, key=len, reverse=True)
    return re.compile(f"({'|'.join([whole, *single])})", re.IGNORECASE)
