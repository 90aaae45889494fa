"""The words that rows hold: known in the transaction that writes them, counted now and then."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import connection, transaction

from catalog.search.spelling import is_spelt, trigrams

_STORED = re.compile(r"'([^']+)':")
BATCH = 2_000

# Known words are left alone: no lock is taken and nobody waits for another writer's commit.
LEARN = """
INSERT INTO search_searchword (word, trigrams, frequency)
SELECT word, string_to_array(grams, ' '), 1
FROM unnest(%s::text[], %s::text[]) AS new (word, grams)
WHERE NOT EXISTS (SELECT 1 FROM search_searchword AS known WHERE known.word = new.word)
ORDER BY word
ON CONFLICT (word) DO NOTHING
"""
STORED = "SELECT word, ndoc FROM ts_stat('SELECT vector FROM search_searchentry')"
COUNT = """
UPDATE search_searchword AS known
SET frequency = counted.frequency
FROM unnest(%s::text[], %s::int[]) AS counted (word, frequency)
WHERE known.word = counted.word AND known.frequency <> counted.frequency
"""
FORGET = "DELETE FROM search_searchword WHERE NOT word = ANY(%s)"
FOLD = """
WITH gone AS (DELETE FROM search_facetcount RETURNING *)
INSERT INTO search_facetcount (audience, facet, value, n)
SELECT audience, facet, value, sum(n) FROM gone
GROUP BY audience, facet, value HAVING sum(n) <> 0
"""


def learn_words(vectors: Iterable[str]) -> None:
    """Add the words of these vectors that are not known yet. Cost: at most one statement."""
    _learn({word for vector in vectors for word in _STORED.findall(vector)})


@transaction.atomic
def refresh_words() -> None:
    """Count in how many rows each word stands; forget those that stand in none."""
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        counted = {word: rows for word, rows in cursor.fetchall() if is_spelt(word)}
        known = sorted(counted)
        for at in range(0, len(known), BATCH):
            part = known[at : at + BATCH]
            _learn(part)
            cursor.execute(COUNT, [part, [counted[word] for word in part]])
        cursor.execute(FORGET, [known])


def fold_counts() -> None:
    """Put the changes of each facet count together, so that there is little to add up."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)


def _learn(words: Iterable[str]) -> None:
    new = sorted(word for word in words if is_spelt(word))
    if new:
        with connection.cursor() as cursor:
            cursor.execute(LEARN, [new, [" ".join(trigrams(word)) for word in new]])
