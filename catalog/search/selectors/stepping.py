"""The rows that a text finds: one reading of it after the other, and of each the most trusted rows
first. All in one statement: what turns out not to be needed is not run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, F, FloatField, Q, TextField, Value, When
from django.db.models.expressions import RawSQL

from catalog.search.models import SearchEntryQuerySet, TermsQuery
from catalog.search.selectors.parts import Part, stored

LEAST = 100  # hits above a floor; with fewer, the rows below are read too
TRIED = 1_000  # hits that are read as they come, before there is any talk of floors


class Terms(NamedTuple):
    """One way of reading a text: a tsquery.

    `floors` are ranks, descending: rows below each are read only where fewer than `LEAST` stand
    above it. Where it `is_tried`, they are of use only if more than `TRIED` rows answer.
    """

    required: str
    floors: Sequence[float] = ()
    is_tried: bool = False


@dataclass(frozen=True)
class Reading:
    """The rows that answer to one way of reading a text, and its floors."""

    rows: SearchEntryQuerySet
    floors: Sequence[float] = ()
    is_tried: bool = False


def which(name: str) -> str:
    """SQL: the number of the reading that `name` holds."""
    return f"(SELECT n FROM which_{name})"  # noqa: S608


def is_read(name: str, numbers: Sequence[int]) -> RawSQL:
    """Whether `name` holds one of these readings."""
    return _sql(f"{which(name)} = ANY(%s)", [list(numbers)])


def as_read(name: str, queries: Sequence[str]) -> TermsQuery:
    """Of the tsqueries of all readings, that of the one that `name` holds."""
    first, *others = queries
    if not others:
        return TermsQuery(first)
    cases = [When(is_read(name, [n]), then=Value(each)) for n, each in enumerate(others, start=1)]
    return TermsQuery(Case(*cases, default=Value(first), output_field=TextField()))


def first_found(
    name: str, readings: Sequence[Reading], columns: Iterable[str], cap: int, kinds: Sequence[str]
) -> Iterator[Part]:
    """`every_<name>`: rows of the first reading that finds one of these kinds, else of the last.

    Args:
        cap: of a reading that finds more, the most trusted are read, and one row more.
        kinds: all where empty.
    """
    for n, reading in enumerate(readings):
        yield from _read(name, n, reading, list(columns), cap, kinds)
    last = len(readings) - 1
    cases = "".join(f" WHEN {_has(name, n, kinds)} THEN {n}" for n in range(last))
    chosen = f"SELECT CASE{cases} ELSE {last} END AS n" if cases else "SELECT 0 AS n"
    yield Part([], f"which_{name}", chosen, _given(kinds) * last)
    every = " UNION ALL ".join(
        f"SELECT * FROM read{n}_{name} WHERE {which(name)} = {n}"  # noqa: S608
        for n in range(len(readings))
    )
    yield Part([], f"every_{name}", every)


def told(name: str, readings: Sequence[Reading], cap: int) -> str:
    """SQL: of how many rows it is known that there are no more; 0 where rows were left out."""
    cases = "".join(
        f" WHEN {which(name)} = {n} AND NOT {_few(name, n, len(reading.floors))} THEN 0"
        for n, reading in enumerate(readings)
        if reading.floors
    )
    return f"CASE{cases} ELSE {cap} END" if cases else str(cap)


def _read(
    name: str, n: int, reading: Reading, columns: Sequence[str], cap: int, kinds: Sequence[str]
) -> Iterator[Part]:
    """`read<n>_<name>`. A condition that is of no row lets the database read nothing at all where
    it does not hold."""
    rows: Any = reading.rows.alias(worth=F("rank") + 0)
    if n:
        before = " OR ".join(_has(name, each, kinds) for each in range(n))
        rows = rows.filter(_sql(f"NOT ({before})", _given(kinds) * n))
    selects = []
    if reading.is_tried:
        tried = f"tried{n}_{name}"
        are_more = f"(SELECT count(*) FROM {tried}) > {TRIED}"  # noqa: S608
        yield stored(tried, rows.order_by().values_list(*columns)[: TRIED + 1])
        selects.append(f"SELECT * FROM {tried} WHERE NOT {are_more}")  # noqa: S608
        rows = rows.filter(_sql(are_more))
    # Ordered so that no index of ranks is walked: each step would read a vector.
    rows = rows.order_by("-worth", "id")
    steps = [rows.filter(condition) for condition in _steps(name, n, reading.floors)]
    for at, step in enumerate(steps or [rows]):
        yield stored(_step(name, n, at), step.values_list(*columns)[: cap + 1])
        selects.append(f"SELECT * FROM {_step(name, n, at)}")  # noqa: S608
    yield Part([], f"read{n}_{name}", " UNION ALL ".join(selects), stored="NOT MATERIALIZED")


def _steps(name: str, n: int, floors: Sequence[float]) -> Iterator[Q]:
    """From each floor to the one above it, as long as there are few; where nothing stands above
    the first, there is little below it too, and one step takes it all."""
    if not floors:
        return
    first = f"(SELECT count(*) FROM {_step(name, n, 0)})"  # noqa: S608
    yield Q(rank__gte=floors[0])
    for at, (above, floor) in enumerate(pairwise(floors), start=1):
        some = _sql(f"{first} > 0 AND {_few(name, n, at)}")
        yield Q(some, rank__lt=above, rank__gte=floor)
    lowest = RawSQL(  # noqa: S611
        f"CASE WHEN {first} = 0 THEN %s ELSE %s END::float8",
        [floors[0], floors[-1]],
        output_field=FloatField(),
    )
    # What is left is little, so that its ranks are read from the rows; an index has very many.
    yield Q(_sql(_few(name, n, len(floors))), worth__lt=lowest)


def _few(name: str, n: int, steps: int) -> str:
    """Whether so many first steps found fewer rows than wanted."""
    counts = (
        f"(SELECT count(*) FROM {_step(name, n, at)})"  # noqa: S608
        for at in range(steps)
    )
    return f"({' + '.join(counts)} < {LEAST})"


def _has(name: str, n: int, kinds: Sequence[str]) -> str:
    """Whether this reading found something; takes `_given` as parameters."""
    kept = " WHERE kind = ANY(%s)" if kinds else ""
    return f"EXISTS (SELECT FROM read{n}_{name}{kept})"


def _given(kinds: Sequence[str]) -> list[list[str]]:
    return [list(kinds)] if kinds else []


def _step(name: str, n: int, at: int) -> str:
    return f"step{n}_{at}_{name}"


def _sql(text: str, params: Sequence[Any] = ()) -> RawSQL:
    return RawSQL(text, list(params), output_field=BooleanField())  # noqa: S611
