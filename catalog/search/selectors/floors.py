"""Of a word that very many rows hold, only the most trusted rows are worth a look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from math import prod

from catalog.search.selectors.asking import Asked, least_of
from catalog.search.selectors.dictionary import Spread
from catalog.search.selectors.passes import CAP
from catalog.search.selectors.stepping import TRIED, Terms

ENOUGH = CAP  # matches; so many are all read
WANTED = 300  # matches above the first floor
STEP = 4


def terms_of(asked: Asked) -> Terms:
    """The text with its floors; first comes a try without them where probably few rows answer: to
    three words, however frequent each may be, and to two that by chance seldom meet."""
    floors = floors_of(asked)
    if not floors or asked.is_partial:
        return Terms(asked.required, floors)
    rows, total = asked.rows(), max(asked.known.spread.rows, 1)
    is_tried = len(rows) > 2 or total * _chance(rows, total) < TRIED
    return Terms(asked.required, floors, is_tried)


def floors_of(asked: Asked) -> list[float]:
    """Ranks above which about `WANTED` rows, and `STEP` times as many, answer to the text; none
    where all can be read."""
    if not asked.known.frequencies:
        return []
    rows, total = asked.rows(), max(asked.known.spread.rows, 1)
    expected = _some(rows, total) if asked.is_partial else _all(rows, total)
    if expected < ENOUGH:
        return []
    shares = (WANTED * times / expected for times in (1, STEP))
    found = (_quantile(share, asked.known.spread) for share in shares if share < 1)
    return [rank for rank in found if rank is not None]


def _all(rows: Sequence[int], total: int) -> float:
    """Rows that hold all the words: what is asked for together also stands together, so more than
    chance would have, and at most as many as hold the rarest."""
    rarest, *others = sorted(rows)
    return rarest * prod(each / total for each in others) ** 0.5


def _some(rows: Sequence[int], total: int) -> float:
    """Rows that hold most of the words, as chance has it: no row holds all of them."""
    groups = combinations(rows, least_of(len(rows)))
    return sum(total * _chance(group, total) for group in groups)


def _chance(rows: Iterable[int], total: int) -> float:
    """The share of rows that hold all the words, if none has to do with another."""
    return prod(each / total for each in rows)


def _quantile(share: float, spread: Spread) -> float | None:
    """The rank that this share of rows reaches; between two known ones in proportion."""
    left = share
    bounds = spread.bounds
    each = (1 - sum(spread.common.values())) / max(1, len(bounds) - 1)
    steps = [(upper, lower, each) for lower, upper in pairwise(bounds)]
    steps += [(value, value, weight) for value, weight in spread.common.items()]
    for upper, lower, weight in sorted(steps, reverse=True):
        if weight >= left:
            return upper - (upper - lower) * left / weight
        left -= weight
    return None
