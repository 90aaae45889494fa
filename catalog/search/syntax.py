"""What may be typed beside words: `"an exact phrase"`, `tag:gold`, `column:order_id`."""

from __future__ import annotations

import re
from collections.abc import Collection

PLACES = {"name": "A", "column": "D"}  # where a word must stand: weight in the vector
_FIELD = re.compile(r"""(?<!\S)([a-z]+):(?:"([^"]+)"|([^\s":]+))""", re.IGNORECASE)
_PHRASE = re.compile(r'(?<!\S)"([^"]+)"(?!\S)')


def take_fields(text: str, known: Collection[str]) -> tuple[str, list[tuple[str, str]]]:
    """`text` without its `field:value` pieces of these fields, and the pieces in their order."""
    found: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        name = match[1].lower()
        if name not in known:
            return match[0]
        found.append((name, match[2] or match[3]))
        return ""

    return " ".join(_FIELD.sub(take, text).split()) if ":" in text else text, found


def take_phrases(text: str) -> tuple[str, list[str]]:
    """`text` without its quoted pieces, and what they hold."""
    return _PHRASE.sub(" ", text), _PHRASE.findall(text)


def spoken(text: str) -> str:
    """`text` without what only says how to read it: `column:order_id "a b"` → `order_id a b`."""
    rest, places = take_fields(text, PLACES)
    return " ".join([*(value for _, value in places), *rest.replace('"', " ").split()])
