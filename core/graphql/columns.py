"""Which columns a batch reads: those that the fields of the query need."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from graphene.utils.str_converters import to_camel_case

F = TypeVar("F", bound=Callable[..., Any])


class Columns:
    """All columns of a kind of row, and which of them every reader needs.

    Args:
        needed: fields that need a column whose name is not theirs.
    """

    def __init__(
        self,
        every: Collection[str],
        *,
        always: Collection[str],
        needed: Mapping[str, Collection[str]],
    ) -> None:
        self.every = tuple(every)
        self.by_column = {
            column: None
            if column in always
            else frozenset(needed.get(column, (to_camel_case(column),)))
            for column in every
        }

    def of(self, wanted: frozenset[str] | None) -> tuple[str, ...]:
        """For the field names `wanted` anywhere below; None: all columns."""
        if wanted is None:
            return self.every
        return tuple(
            column
            for column, fields in self.by_column.items()
            if fields is None or not fields.isdisjoint(wanted)
        )


def reads(columns: Columns) -> Callable[[F], F]:
    """The batch takes `columns=`, a part of these."""

    def mark(batch: F) -> F:
        batch.columns = columns  # type: ignore[attr-defined]
        return batch

    return mark


def columns_for(batch: Any, info: Any) -> dict[str, tuple[str, ...]]:
    """The argument `columns` of a batch that takes it."""
    columns: Columns | None = getattr(batch, "columns", None)
    return {} if columns is None else {"columns": columns.of(getattr(info, "wanted", None))}
