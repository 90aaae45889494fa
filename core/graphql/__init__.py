"""GraphQL in batches: a query costs a constant number of SQL statements, whatever `first` is."""

from core.graphql.columns import Columns, columns_for, reads
from core.graphql.fields import (
    RowsType,
    enum,
    enum_of,
    extend,
    extended,
    listed,
    many,
    one,
    page,
    paged,
)
from core.graphql.pages import COUNT_CAP, Edge, Page, connection, first_of_each, page_from
from core.graphql.rows import Row, load, one_row, rows_of

__all__ = [
    "COUNT_CAP",
    "Columns",
    "Edge",
    "Page",
    "Row",
    "RowsType",
    "columns_for",
    "connection",
    "enum",
    "enum_of",
    "extend",
    "extended",
    "first_of_each",
    "listed",
    "load",
    "many",
    "one",
    "one_row",
    "page",
    "page_from",
    "paged",
    "reads",
    "rows_of",
]
