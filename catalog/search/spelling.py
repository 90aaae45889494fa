"""Misspelt words: what they are compared by, and which known word is the nearest."""

from __future__ import annotations

from collections.abc import Iterable

SHORTEST, LONGEST = 4, 32  # characters of a word that is corrected


def trigrams(word: str) -> list[str]:
    """`churn` → `[^ch, chu, hur, urn, rn$]`."""
    padded = f"^{word}$"
    return list(dict.fromkeys(padded[at : at + 3] for at in range(len(padded) - 2)))


def is_spelt(word: str) -> bool:
    """Whether a word is of the kind that people misspell: letters, neither short nor endless."""
    return SHORTEST - 1 <= len(word) <= LONGEST and word.isalpha()


def slips(asked: str, known: str, *, most: int) -> int:
    """Letters missing, added, wrong or swapped with their neighbour; `most + 1` for more."""
    if abs(len(asked) - len(known)) > most:
        return most + 1
    before, row = [], list(range(len(known) + 1))
    for at, letter in enumerate(asked, 1):
        before, last, row = row, before, [at]
        for place, other in enumerate(known, 1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != other))
            swapped = at > 1 and place > 1 and letter == known[place - 2]
            if swapped and asked[at - 2] == other:
                cost = min(cost, last[place - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def nearest(asked: str, known: Iterable[tuple[str, int]], *, is_last: bool = False) -> str:
    """The word that was probably meant, or "".

    Args:
        known: words with the number of rows that hold them.
        is_last: the word may be unfinished, so it is also compared with beginnings.
    """
    most = 1 if len(asked) < 6 else 2
    best: tuple[int, int, int, str] | None = None
    for word, frequency in known:
        distance = slips(asked, word, most=most)
        if is_last and distance > most and len(word) > len(asked):
            distance = slips(asked, word[: len(asked)], most=most) + 1
        if distance > most:
            continue
        rating = (distance, word[0] != asked[0], -frequency, word)
        if best is None or rating < best:
            best = rating
    return best[-1] if best else ""
