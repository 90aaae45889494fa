"""What the dictionary of all rows knows of asked words: synonyms, near words, frequencies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from catalog.search.spelling import nearest, trigrams
from catalog.search.words import fold, parts

MAX_SYNONYMS = 6  # of one word
LONGEST_PHRASE = 4  # words of a synonym

DICTIONARY = """
WITH unknown AS MATERIALIZED (
    SELECT asked.word, string_to_array(asked.grams, ' ') AS grams
    FROM unnest(%(words)s::text[], %(singles)s::text[], %(grams)s::text[])
        AS asked (word, single, grams)
    WHERE NOT EXISTS (
        SELECT 1 FROM search_searchword AS known WHERE known.word = asked.single
    ) AND NOT EXISTS (
        SELECT 1 FROM search_searchword AS known
        WHERE known.word ~>=~ asked.word AND known.word ~<~ (asked.word || chr(1114111))
    )
)
SELECT '' AS asked, names, 0 AS frequency FROM search_synonymgroup
WHERE names && %(phrases)s::varchar[]
UNION ALL
SELECT unknown.word, ARRAY[near.word], near.frequency FROM unknown CROSS JOIN LATERAL (
    SELECT word, frequency FROM search_searchword
    WHERE trigrams && unknown.grams::varchar[]
        AND length(word) BETWEEN length(unknown.word) - 2 AND length(unknown.word) + 2
    ORDER BY (
        SELECT count(*) FROM unnest(trigrams) AS gram WHERE gram = ANY(unknown.grams)
    ) DESC, frequency DESC LIMIT 40
) AS near
UNION ALL
SELECT '=', ARRAY[word], frequency FROM search_searchword WHERE word = ANY(%(parts)s::varchar[])
UNION ALL
SELECT '*', ARRAY[%(last)s], coalesce(max(frequency), 0) FROM search_searchword
WHERE word ~>=~ %(last)s AND word ~<~ (%(last)s || chr(1114111))
UNION ALL
SELECT '#', ARRAY[most_common, shares, bounds], n FROM search_spread()
"""


@dataclass(frozen=True)
class Spread:
    """What ANALYZE knows of the ranks of all rows; little in a new database."""

    rows: int = 0
    common: Mapping[float, float] = field(default_factory=dict)  # rank: share of rows
    bounds: Sequence[float] = ()  # of the other rows, as many stand between each two


@dataclass(frozen=True)
class Known:
    """What was found of the words of one text."""

    same: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # phrase: its synonyms
    nearest: Mapping[str, str] = field(default_factory=dict)  # unknown word: the nearest known one
    frequencies: Mapping[str, int] = field(default_factory=dict)  # rows that hold a word; `ord*`
    spread: Spread = field(default_factory=Spread)


NOTHING = Known()


def looked_up(asked: Sequence[str], spelt: Sequence[str]) -> Known:
    """Cost: one SQL statement.

    Args:
        asked: the words of a text, one at least.
        spelt: those that are mended where no row holds them.
    """
    phrases = {form: phrase for phrase in _all_phrases(asked) for form in (phrase, _folded(phrase))}
    params: dict[str, Any] = {
        "phrases": list(phrases),
        "words": list(spelt),
        "singles": [fold(word) for word in spelt],
        "grams": [" ".join(trigrams(word)) for word in spelt],
        "parts": list({fold(part) for run in asked for part in parts(run)}),
        "last": parts(asked[-1])[-1],
    }
    with connection.cursor() as cursor:
        cursor.execute(DICTIONARY, params)
        rows = cursor.fetchall()
    found = _Found(phrases)
    for mark, names, frequency in rows:
        found.take(mark, names, frequency)
    return found.known(asked[-1].lower())


class _Found:
    """Rows of `DICTIONARY`, sorted by what they tell."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self.phrases = phrases
        self.same: dict[str, tuple[str, ...]] = {}
        self.near: dict[str, list[tuple[str, int]]] = {}
        self.frequencies: dict[str, int] = {}
        self.spread = Spread()

    def take(self, mark: str, names: Sequence[str | None], frequency: int) -> None:
        if mark == "#":
            values, shares, bounds = (json.loads(each) if each else [] for each in names)
            common = dict(zip(values, shares, strict=True))
            self.spread = Spread(frequency, common, bounds)
            return
        words = [name for name in names if name is not None]
        if mark in {"=", "*"}:
            self.frequencies[words[0] + mark.strip("=")] = frequency
        elif mark:
            self.near.setdefault(mark, []).append((words[0], frequency))
            self.frequencies[words[0]] = frequency
        else:
            self._take_synonyms(words)

    def _take_synonyms(self, names: Sequence[str]) -> None:
        for name in names:
            if name in self.phrases:
                phrase = self.phrases[name]
                others = tuple(each for each in names if each != name)
                self.same[phrase] = (*self.same.get(phrase, ()), *others)[:MAX_SYNONYMS]

    def known(self, last: str) -> Known:
        meant = {
            word: nearest(word, near, is_last=word == last) for word, near in self.near.items()
        }
        mended = {word: other for word, other in meant.items() if other}
        return Known(self.same, mended, self.frequencies, self.spread)


def _all_phrases(asked: Sequence[str]) -> Iterable[str]:
    lower = [run.lower() for run in asked]
    for start in range(len(lower)):
        for end in range(start + 1, min(len(lower), start + LONGEST_PHRASE) + 1):
            yield " ".join(lower[start:end])


def _folded(phrase: str) -> str:
    """`active customers` → `active customer`: the form that a glossary uses."""
    first, _, last = phrase.rpartition(" ")
    return f"{first} {fold(last)}".strip()
