"""Keyset pages: a cursor is the sort key of the last row, so deep pages cost what first ones do."""

import base64
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from core.errors import Invalid
from core.problems import Problem

T = TypeVar("T")

MAX_PAGE = 200
SURROGATE = re.compile("[\ud800-\udfff]")  # half a pair, which no database can keep


@dataclass(frozen=True)
class KeysetPage(Generic[T]):
    """Up to `size` rows; `next_cursor` is None on the last page."""

    rows: list[T]
    next_cursor: str | None
    keys: Sequence[Sequence[Any]] = ()  # sort key of each row


def page_size(asked: int) -> int:
    """Rows of a page: 1 to 200."""
    return max(1, min(asked, MAX_PAGE))


def encode_cursor(values: Sequence[Any]) -> str:
    """An opaque cursor of JSON values."""
    text = json.dumps(values, default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int) -> list[Any]:
    """The values of a cursor that we made.

    Raises:
        Invalid: it is not one of ours.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != length or not all(map(_is_plain, values)):
        raise _bad_cursor()
    return values


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not SURROGATE.search(value)
    return value is None or (isinstance(value, int | float) and math.isfinite(value))


def _bad_cursor() -> Invalid:
    return Invalid(
        "The cursor is not one that this list gave.",
        [Problem("/cursor", "bad-cursor", "Start again without `cursor`.")],
    )


def number_in(cursor: str | None) -> int:
    """The number after which a list by number goes on; 0 without a cursor.

    Raises:
        Invalid: it is not a cursor of such a list.
    """
    if not cursor:
        return 0
    [number] = decode_cursor(cursor, length=1)
    if not isinstance(number, int):
        raise _bad_cursor()
    return number


def after_cursor(queryset: QuerySet[Any], order: Sequence[str], cursor: str) -> QuerySet[Any]:
    """The rows that sort after the one that gave `cursor`.

    Raises:
        Invalid: it is not a cursor of a list in this order.
    """
    values = decode_cursor(cursor, length=len(order))
    try:
        return queryset.filter(_after(order, values))
    except (TypeError, ValueError, OverflowError, ValidationError) as error:
        raise _bad_cursor() from error


def keyset_page(
    queryset: QuerySet[Any],
    *,
    order: Sequence[str],
    size: int,
    cursor: str | None = None,
    key: Callable[[Any], Sequence[Any]] | None = None,
) -> KeysetPage[Any]:
    """One page of `queryset`.

    Args:
        order: field names, `-` for descending, the last one unique; none of them nullable.
        size: 1 to 200 rows.
        cursor: `next_cursor` of the page before.
        key: the sort key of a row; default: its attributes (or items) named in `order`.

    Cost: one SQL statement over the index behind `order`, whatever the depth.
    """
    size = page_size(size)
    names = [name.lstrip("-") for name in order]
    if cursor:
        queryset = after_cursor(queryset, order, cursor)
    rows = list(queryset.order_by(*order)[: size + 1])
    page = rows[:size]
    keys = [key(row) if key else [_value(row, name) for name in names] for row in page]
    if len(rows) <= size:
        return KeysetPage(page, None, keys)
    return KeysetPage(page, encode_cursor(list(keys[-1])), keys)


def _value(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name.replace("__", "."))


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that sort after `values`: (a > x) or (a = x and b > y) or ...

    `a >= x` is said too: only that bound lets the database start in the middle of the index.
    """
    condition = Q(pk__in=[])
    equal = Q()
    for name, value in zip(order, values, strict=True):
        field = name.lstrip("-")
        lookup = f"{field}__lt" if name.startswith("-") else f"{field}__gt"
        condition |= equal & Q(**{lookup: value})
        equal &= Q(**{field: value})
    first, *_ = order
    bound = f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}"
    return Q(**{bound: values[0]}) & condition
