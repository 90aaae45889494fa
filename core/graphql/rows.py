"""Plain rows that know who was read together with them, so that children are read together too."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from core.graphql.columns import columns_for

Values = Mapping[str, Any]
# `batch(actor, ids, **arguments) -> {id: values, or a list of values}`; absent ids are null
Batch = Callable[..., Mapping[Any, Any]]


class Peers:
    """All rows that one batch gave, and what was loaded for all of them since."""

    __slots__ = ("found", "rows")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.found: dict[Hashable, Mapping[Any, Any]] = {}


class Row:
    """The values of one object by column name."""

    __slots__ = ("peers", "values")

    def __init__(self, values: Values, peers: Peers) -> None:
        self.values = values
        self.peers = peers
        peers.rows.append(self)


def rows_of(values: Iterable[Values]) -> list[Row]:
    """Rows that were read together."""
    peers = Peers()
    return [Row(each, peers) for each in values]


def one_row(values: Values | None) -> Row | None:
    """A row that was read alone."""
    return None if values is None else rows_of([values])[0]


def load(row: Row, batch: Batch, info: Any, *, key: str = "id", **arguments: Any) -> Any:
    """What `batch` says of `row.values[key]`: a `Row`, a list of them, or None.

    The first row that asks has the batch run once for all its peers.
    """
    wanted = row.values.get(key)
    if wanted is None:
        return None
    found = row.peers.found
    arguments = _hashable(arguments | columns_for(batch, info))
    question = (batch, key, tuple(arguments.items()))
    if question not in found:
        ids = {each.values.get(key) for each in row.peers.rows} - {None}
        found[question] = _as_rows(batch(info.context.actor, ids, **arguments))
    return found[question].get(wanted)


def load_all(
    rows: Iterable[Row], batch: Batch, info: Any, *, key: str = "id", **arguments: Any
) -> list[Any]:
    """`load` of each of `rows`."""
    answers: list[Any] = []
    asked = _hashable(arguments | columns_for(batch, info))
    question = (batch, key, tuple(asked.items()))
    peers: Peers | None = None
    found: Mapping[Any, Any] = {}
    for row in rows:
        wanted = row.values.get(key)
        if wanted is not None and row.peers is not peers:
            load(row, batch, info, key=key, **arguments)
            peers = row.peers
            found = peers.found[question]
        answers.append(None if wanted is None else found.get(wanted))
    return answers


def _hashable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in arguments.items()
    }


def _as_rows(answers: Mapping[Any, Any]) -> dict[Any, Any]:
    peers = Peers()
    return {
        wanted: [Row(each, peers) for each in answer]
        if isinstance(answer, list)
        else Row(answer, peers)
        for wanted, answer in answers.items()
    }
