"""Relay connections over keyset pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import graphene
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from core.graphql.rows import Row, rows_of
from core.paging import KeysetPage, after_cursor, encode_cursor

COUNT_CAP = 1000


class PageInfo(graphene.ObjectType):
    """Whether a list goes on, and from where."""

    has_next_page = graphene.Boolean(required=True, description="There is another page.")
    end_cursor = graphene.String(description="Give it as `after` to go on.")


class Edge(NamedTuple):
    """One row with its sort key."""

    node: Row
    key: Sequence[Any]

    @property
    def cursor(self) -> str:
        return encode_cursor(self.key)


class Info(NamedTuple):
    has_next_page: bool
    end_cursor: str | None


class Page:
    """One page of rows as Relay shows it; `count` is asked only when `totalCount` is."""

    def __init__(
        self,
        edges: list[Edge],
        *,
        has_next: bool,
        count: Callable[[], int] | None = None,
    ) -> None:
        self.edges = edges
        self.has_next = has_next
        self.count = count

    @property
    def page_info(self) -> Info:
        return Info(self.has_next, self.edges[-1].cursor if self.edges else None)

    @property
    def total_count(self) -> int | None:
        return self.count() if self.count else None


def page_of(rows: Sequence[Row], *, order: Sequence[str], first: int) -> Page:
    """A page of `first` rows out of one row more, if there is one; `order` as it was read by."""
    names = [name.lstrip("-") for name in order]
    edges = [Edge(row, [row.values[name] for name in names]) for row in rows[:first]]
    return Page(edges, has_next=len(rows) > first)


def page_from(found: KeysetPage[Any], queryset: QuerySet[Any] | None = None) -> Page:
    """The page that `keyset_page` gave of `values()`; `queryset` is all of the list."""
    edges = [Edge(*each) for each in zip(rows_of(found.rows), found.keys, strict=True)]
    count = None if queryset is None else queryset[: COUNT_CAP + 1].count
    return Page(edges, has_next=found.next_cursor is not None, count=count)


def connection(node: Any, *, counted: bool = False) -> Any:
    """The connection type of `node`; `counted` ones say how many there are, up to 1,000."""
    name = node._meta.name
    edge = type(
        f"{name}Edge",
        (graphene.ObjectType,),
        {
            "__doc__": "One row of a list, with its place in it.",
            "cursor": graphene.String(
                required=True, description="Give it as `after` to go on behind this row."
            ),
            "node": graphene.Field(node, required=True, description="The row itself."),
        },
    )
    fields: dict[str, Any] = {
        "__doc__": "One page of a list.",
        "edges": graphene.List(
            graphene.NonNull(edge), required=True, description="The rows of this page."
        ),
        "page_info": graphene.Field(
            PageInfo, required=True, description="Whether there are more, and how to go on."
        ),
    }
    if counted:
        fields["total_count"] = graphene.Int(
            description=f"Exact up to {COUNT_CAP}; {COUNT_CAP + 1} means more."
        )
    return type(f"{name}Connection", (graphene.ObjectType,), fields)


def first_of_each(
    queryset: QuerySet[Any],
    *,
    by: str,
    order: Sequence[str],
    columns: Sequence[str],
    first: int,
    after: str | None = None,
) -> dict[Any, list[dict[str, Any]]]:
    """`{value of by: up to first + 1 rows}`; the one more says that there is another page.

    Args:
        by: the column that points to the parent; must be among `columns`.
        order: column names, `-` for descending, the last one unique; all among `columns`.

    Cost: one SQL statement for any number of parents.
    """
    if after:
        queryset = after_cursor(queryset, order, after)
    keys = [F(name[1:]).desc() if name.startswith("-") else F(name).asc() for name in order]
    place = Window(RowNumber(), partition_by=F(by), order_by=keys)
    rows = queryset.annotate(place=place).filter(place__lte=first + 1).order_by(*order)
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values(*columns):
        found[row[by]].append(row)
    return dict(found)
